// Tasks that take all memory of their worker and keep it. They end as others do, and the worker goes on.
#include <atomic>
#include <exception>
#include <new>
#include <string>

#include "faults/fault_test.hpp"
#include "faults/little_memory.hpp"

namespace faults::full_memory {

/// To send its type or its message takes memory.
struct LongName : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "too long for a std::string without memory"; }
};

/// It fits into what a worker keeps free.
const std::string text(6'000, 'x');

struct Rethrown : std::exception {
  Rethrown() = default;
  explicit Rethrown(const std::string& message) { EXPECT_EQ(message, text); }
  [[nodiscard]] const char* what() const noexcept override { return text.c_str(); }
};

/// More than the rest of the address space that malloc(3) cannot use.
const std::string long_text(4 << 20U, 'x');

struct LongMessage : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return long_text.c_str(); }
};

template <class, class>
struct Two {};
template <int doublings>
struct Doubled {
  using type = Two<typename Doubled<doublings - 1>::type, typename Doubled<doublings - 1>::type>;
};
template <>
struct Doubled<0> {
  using type = LongName;
};
/// Its name is longer than what a worker keeps free.
using VastName = Doubled<12>::type;

namespace {

using processes::TaskError;

enum class End { result, no_memory, long_name, number, rethrown, long_message, vast_name };

std::atomic<int>* runs = nullptr;

struct Block {
  Block* next = nullptr;
};
Block* blocks = nullptr;

void take(std::size_t size) {
  while (void* const memory = ::operator new(size, std::nothrow)) blocks = new (memory) Block{blocks};
}

constexpr std::size_t most_small = 2048;

/// Also what was freed in small parts, on request.
void take_all(bool also_small) {
  constexpr std::size_t alignment = 16;
  for (std::size_t size = std::size_t{1} << 20U; size > most_small; size /= 2) take(size);
  for (std::size_t size = also_small ? most_small : 0; size > 0; size -= alignment) take(size);
}

pid_t give_back(int /*item*/) {
  while (blocks != nullptr) ::operator delete(std::exchange(blocks, blocks->next));
  return getpid();
}

int take_all_and(End end) {
  ++*runs;
  take_all(end != End::rethrown);  // else not even its type could be said, and all would be said again
  if (end == End::no_memory) throw std::bad_alloc();
  if (end == End::long_name) throw LongName();
  if (end == End::number) throw 7;
  if (end == End::rethrown) throw Rethrown();
  if (end == End::long_message) throw LongMessage();
  if (end == End::vast_name) throw VastName();
  return 1;
}

int run(int item) { return item < 0 ? item : take_all_and(static_cast<End>(item)); }

class FullMemory : public PoolFaultTest {
 protected:
  void SetUp() override {
    if (sanitized::addresses || sanitized::threads) GTEST_SKIP() << "a sanitizer needs unlimited address space";
    runs = runs_.get();
    make_pool(1, {.initialiser = processes::call(leave_little_memory),
                  .rethrown = processes::rethrown<Rethrown>(),
                  .attempts = 3});
    worker_ = pool->pids().front();
  }

  void TearDown() override {
    if (!pool) return;
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    EXPECT_EQ(pool->pids().front(), worker_) << "it goes on";
    EXPECT_EQ(pool->statistics().workers_lost, 0U);
  }

  /// Of a task alone, and of one within a chunk that finds memory full. Each runs once.
  std::vector<processes::Outcome<int>> outcomes(End end) {
    *runs = 0;
    processes::Outcome<int> alone;
    try {
      alone.value = pool->apply(run, static_cast<int>(end));
    } catch (...) {
      alone.error = std::current_exception();
    }
    auto all = pool->map_async(run, std::vector<int>{-1, static_cast<int>(end), -1}, {.chunk = 3}).outcomes();
    EXPECT_EQ(all[0].value, -1);
    EXPECT_EQ(all[2].value, -1);
    EXPECT_EQ(*runs, 2);
    EXPECT_EQ(pool->apply(give_back, 0), worker_);
    return {std::move(alone), std::move(all[1])};
  }

  void expect(End end, const std::string& type, const std::string& message) {
    for (const auto& outcome : outcomes(end)) {
      const auto error = as<TaskError>(outcome.error);
      ASSERT_TRUE(error) << type;
      EXPECT_EQ(error->type, type);
      EXPECT_EQ(error->message, message);
    }
  }

 private:
  SharedPage<std::atomic<int>> runs_;
  pid_t worker_ = 0;
};

TEST_P(FullMemory, LosesNoResult) {
  for (const auto& outcome : outcomes(End::result)) EXPECT_EQ(outcome.value, 1);
}

TEST_P(FullMemory, LosesNoExceptionOfATask) {
  expect(End::no_memory, "std::bad_alloc", "std::bad_alloc");
  expect(End::long_name, "faults::full_memory::LongName", LongName().what());
  expect(End::number, "int", "");
}

TEST_P(FullMemory, LosesNoTypeThatIsRethrown) {
  for (const auto& outcome : outcomes(End::rethrown)) EXPECT_TRUE(as<Rethrown>(outcome.error));
}

TEST_P(FullMemory, CutsAMessageThatIsTooLong) {
  expect(End::long_message, "faults::full_memory::LongMessage", long_text.substr(0, 1024));
}

TEST_P(FullMemory, HidesATypeWhoseNameIsTooLong) {
  expect(End::vast_name, "std::bad_alloc", "the worker has no memory left to report the exception");
}

WITH_BOTH_TRANSPORTS(FullMemory);

}  // namespace
}  // namespace faults::full_memory
