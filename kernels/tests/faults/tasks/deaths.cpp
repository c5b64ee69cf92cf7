// Ways in which a worker ends or runs out of memory: while it decodes arguments, runs the task, or encodes the result.
#include <gmock/gmock.h>
#include <pthread.h>
#include <sys/mman.h>

#include <array>
#include <cstdlib>
#include <string_view>

#include "faults/fault_test.hpp"
#include "faults/little_memory.hpp"

namespace faults::deaths {
namespace {

using processes::ExitStatus;
using processes::TaskError;
using processes::Transport;
using processes::WorkerLost;
using testing::ElementsAre;

constexpr auto exited = ExitStatus::Kind::exited;
constexpr auto signalled = ExitStatus::Kind::signalled;

struct Deed {
  const char* name;
  void (*act)();
  ExitStatus status;
};

void touch_nothing() {
  std::signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would turn it into an exit code
  const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* guard = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *static_cast<volatile char*>(guard) = 1;
}

const std::array deeds{
    Deed{.name = "segv", .act = touch_nothing, .status = {signalled, SIGSEGV}},
    Deed{.name = "abort", .act = [] { std::abort(); }, .status = {signalled, SIGABRT}},
    Deed{.name = "exit_0", .act = [] { _exit(0); }, .status = {exited, 0}},
    Deed{.name = "exit_3", .act = [] { _exit(3); }, .status = {exited, 3}},
    Deed{.name = "pthread_exit", .act = [] { pthread_exit(nullptr); }, .status = {exited, 1}},
    Deed{.name = "sigterm", .act = [] { raise(SIGTERM); }, .status = {signalled, SIGTERM}},
};

enum class Place { decoding, running, encoding };

pid_t program = 0;
void (*deed)() = nullptr;

/// Ends the worker at that place.
struct Fatal {
  int number = 0;
  bool at_decoding = false;
  bool at_encoding = false;

  template <class Archive>
  void save(Archive& archive) const {
    if (at_encoding && getpid() != program) deed();
    archive(number, at_decoding, at_encoding);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(number, at_decoding, at_encoding);
    if (at_decoding && getpid() != program) deed();
  }

  std::string text;  // not trivially copyable: goes through cereal
};

constexpr std::size_t victim = 4;

template <Place place>
std::vector<Fatal> items() {
  std::vector<Fatal> all(9);
  for (std::size_t i = 0; i < all.size(); ++i) all[i].number = static_cast<int>(i);
  all[victim].at_decoding = place == Place::decoding;
  return all;
}

template <Place place>
Fatal task(Fatal item) {
  if (item.number == static_cast<int>(victim)) {
    if (place == Place::running) deed();
    item.at_encoding = place == Place::encoding;
  }
  return item;
}

class Deaths : public FaultTest, public testing::WithParamInterface<std::tuple<Deed, Transport>> {
 protected:
  void SetUp() override {
    if (sanitized::addresses && std::string_view(std::get<Deed>(GetParam()).name) == "pthread_exit") {
      GTEST_SKIP() << "AddressSanitizer does not know which frames pthread_exit unwinds";
    }
  }

  template <Place place>
  void expect_one_lost() {
    const auto& [tested, transport] = GetParam();
    program = getpid();
    deed = tested.act;
    processes::ProcessPool pool(2, {.transport = transport});
    const auto outcomes = pool.map_async(task<place>, items<place>(), {.chunk = 3}).outcomes();
    EXPECT_THAT(failed_with<WorkerLost>(outcomes), ElementsAre(victim)) << "and no other task of the chunk";
    const auto error = as<WorkerLost>(outcomes[victim].error);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->status, tested.status);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      EXPECT_TRUE(i == victim || outcomes[i].value->number == static_cast<int>(i)) << i;
    }
    EXPECT_EQ(pool.lost(), tested.status);
    EXPECT_EQ(pool.map(same, upto(100)), upto(100));
  }
};

TEST_P(Deaths, WhileItDecodes) { expect_one_lost<Place::decoding>(); }
TEST_P(Deaths, WhileItRuns) { expect_one_lost<Place::running>(); }
TEST_P(Deaths, WhileItEncodes) { expect_one_lost<Place::encoding>(); }

TEST_P(Deaths, WhileItRunsATaskOfACall) {
  const auto& [tested, transport] = GetParam();
  deed = tested.act;
  processes::ProcessPool pool(2, {.transport = transport});
  const auto die_at_4 = [](int item) {
    if (item == static_cast<int>(victim)) deed();
    return item;
  };
  const auto outcomes = pool.map_async(die_at_4, upto(9), {.chunk = 3}).outcomes();
  EXPECT_THAT(failed_with<WorkerLost>(outcomes), ElementsAre(victim));
  EXPECT_EQ(pool.lost(), tested.status);
}

std::string deed_name(const testing::TestParamInfo<Deaths::ParamType>& tested) {
  return std::string(std::get<Deed>(tested.param).name) +
         (std::get<Transport>(tested.param) == Transport::shared ? "_shared" : "_pipe");
}

INSTANTIATE_TEST_SUITE_P(, Deaths,
                         testing::Combine(testing::ValuesIn(deeds),
                                          testing::Values(Transport::shared, Transport::pipe)),
                         deed_name);

void take_much_memory() {
  const std::vector<char> much(4 * little);
  if (much.back() != 0) std::abort();  // so that it is not optimised away
}

class OutOfMemory : public PoolFaultTest {
 protected:
  void SetUp() override {
    if (sanitized::addresses) GTEST_SKIP() << "a sanitizer needs unlimited address space";
    program = getpid();
    deed = take_much_memory;
    make_pool(1, {.initialiser = processes::call(leave_little_memory)});
  }

  void expect_bad_alloc_and_the_worker_to_live(std::vector<processes::Outcome<Fatal>> outcomes) {
    EXPECT_THAT(failed_with<TaskError>(outcomes), ElementsAre(victim));
    const auto error = as<TaskError>(outcomes[victim].error);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->type, "std::bad_alloc");
    EXPECT_EQ(pool->pids(), workers);
  }

  std::vector<pid_t> workers;
};

TEST_P(OutOfMemory, IsAnExceptionOfTheTask) {
  workers = pool->pids();
  const auto expect = [this](auto run, std::vector<Fatal> given) {
    expect_bad_alloc_and_the_worker_to_live(pool->map_async(run, std::move(given), {.chunk = 3}).outcomes());
  };
  expect(task<Place::decoding>, items<Place::decoding>());
  expect(task<Place::running>, items<Place::running>());
  expect(task<Place::encoding>, items<Place::encoding>());
}

TEST_P(OutOfMemory, ForAMessageLosesItsTaskAtMost) {
  const auto size = +[](const std::vector<char>& bytes) { return bytes.size(); };
  const auto make = +[](std::size_t bytes) { return std::vector<char>(bytes); };
  if (GetParam() == Transport::shared) {
    EXPECT_THROW(pool->apply(size, std::vector<char>(2 * little)), TaskError);
    EXPECT_THROW(pool->apply(make, little * 3 / 4), TaskError) << "it takes twice as much: the object and its message";
    EXPECT_EQ(pool->apply(make, little / 8).size(), little / 8);
  } else {
    // No worker can receive the request.
    const auto error = thrown_by<WorkerLost>([&] { pool->apply(size, std::vector<char>(2 * little)); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->attempts, 0);
    EXPECT_EQ(error->status, (ExitStatus{exited, 1}));
    EXPECT_THROW(pool->apply(make, little * 3 / 4), TaskError);
  }
  EXPECT_EQ(pool->apply(same, 1), 1);
}

WITH_BOTH_TRANSPORTS(OutOfMemory);

}  // namespace
}  // namespace faults::deaths
