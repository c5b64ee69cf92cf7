// Exceptions of every kind: each fails only its own task, with type and message, and the worker goes on.
#include <gmock/gmock.h>

#include <array>
#include <stdexcept>
#include <system_error>

#include "faults/fault_test.hpp"

namespace faults::exceptions {

/// A type of this program, not derived from std::exception.
struct OwnException {
  int number = 0;
};

struct OwnError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct WithoutWords : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return nullptr; }
};

namespace {

using processes::TaskError;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Types;

struct Thrown {
  void (*act)();
  std::string type;
  std::string message;
};

[[noreturn]] void throw_nested() {
  try {
    throw std::runtime_error("inner");
  } catch (...) {
    std::throw_with_nested(std::logic_error("outer"));
  }
}

std::vector<Thrown> all_thrown() {
  return {
      {[] { throw std::out_of_range("too far"); }, "std::out_of_range", "too far"},
      {[] { throw OwnError("of its own"); }, "faults::exceptions::OwnError", "of its own"},
      {[] { throw OwnException(); }, "faults::exceptions::OwnException", ""},
      {[] { throw 7; }, "int", ""},
      {[] { throw "text"; }, "char const*", ""},
      {throw_nested, "std::_Nested_exception<std::logic_error>", "outer"},
      {[] { throw std::runtime_error(""); }, "std::runtime_error", ""},
      {[] { throw WithoutWords(); }, "faults::exceptions::WithoutWords", ""},
      {[] { throw std::runtime_error(std::string(1 << 20, 'x')); }, "std::runtime_error", std::string(1 << 20, 'x')},
      // what() is a C string.
      {[] { throw std::runtime_error(std::string("before\0after", 12)); }, "std::runtime_error", "before"},
      {[] { throw std::runtime_error("\xff\xfe \n\t"); }, "std::runtime_error", "\xff\xfe \n\t"},
  };
}

int throw_number(int number) {
  if (number > 0) all_thrown().at(static_cast<std::size_t>(number - 1)).act();
  return number;
}

pid_t program = 0;

/// Throws when the worker or the program saves or loads it.
struct Refuser {
  enum class Where { nowhere, worker_loads, worker_saves, program_loads, program_saves, program_saves_to_no_file };

  Where where = Where::nowhere;
  std::string text;  // not trivially copyable: goes through cereal

  template <class Archive>
  void save(Archive& archive) const {
    const bool refuses = getpid() == program ? where == Where::program_saves : where == Where::worker_saves;
    if (refuses) throw OwnError("not saved");
    // The type that the pool itself throws if a system call fails.
    if (where == Where::program_saves_to_no_file) throw std::system_error(ENOENT, std::generic_category(), "not saved");
    archive(where, text);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(where, text);
    const bool refuses = getpid() == program ? where == Where::program_loads : where == Where::worker_loads;
    if (refuses) throw OwnError("not loaded");
  }
};

Refuser pass(Refuser item) { return item; }

class Exceptions : public PoolFaultTest {
 protected:
  void SetUp() override {
    program = getpid();
    make_pool(2);
    workers = pool->pids();
  }
  void TearDown() override {
    EXPECT_EQ(pool->pids(), workers) << "the workers go on";
    EXPECT_EQ(pool->statistics().workers_lost, 0U);
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    EXPECT_EQ(pool->pids(), workers) << "the workers go on";
  }

  /// The outcomes of a chunk in which only the middle item throws.
  std::vector<processes::Outcome<Refuser>> outcomes(Refuser::Where where) {
    std::vector<Refuser> items(5);
    items[2].where = where;
    auto all = pool->map_async(pass, items, {.chunk = 5}).outcomes();
    for (const std::size_t neighbour : {0UL, 1UL, 3UL, 4UL}) EXPECT_TRUE(all[neighbour].value) << neighbour;
    return all;
  }

  std::vector<pid_t> workers;
};

TEST_P(Exceptions, OfEveryKindArriveWithTypeAndMessage) {
  const std::vector<Thrown> thrown = all_thrown();
  const auto number = static_cast<int>(thrown.size());
  const auto results = pool->map_async(throw_number, upto(number + 1)).outcomes();
  EXPECT_EQ(results.front().value, 0);
  for (std::size_t i = 1; i < results.size(); ++i) {
    const auto error = as<TaskError>(results[i].error);
    ASSERT_TRUE(error) << i;
    EXPECT_EQ(error->index, i);
    EXPECT_EQ(error->type, thrown[i - 1].type);
    EXPECT_TRUE(error->message == thrown[i - 1].message) << i << ": " << error->message.substr(0, 100);
  }
}

TEST_P(Exceptions, OfArgumentsAndResultsInTheWorkerAreTheTask) {
  const auto loading = as<TaskError>(outcomes(Refuser::Where::worker_loads)[2].error);
  ASSERT_TRUE(loading);
  EXPECT_STREQ(loading->what(), "task 2 threw faults::exceptions::OwnError: not loaded");
  const auto saving = as<TaskError>(outcomes(Refuser::Where::worker_saves)[2].error);
  ASSERT_TRUE(saving);
  EXPECT_STREQ(saving->what(), "task 2 threw faults::exceptions::OwnError: not saved");
}

TEST_P(Exceptions, OfArgumentsAndResultsInTheProgramAreTheTaskToo) {
  EXPECT_TRUE(as<OwnError>(outcomes(Refuser::Where::program_loads)[2].error));
  EXPECT_TRUE(as<OwnError>(outcomes(Refuser::Where::program_saves)[2].error));
  EXPECT_TRUE(as<std::system_error>(outcomes(Refuser::Where::program_saves_to_no_file)[2].error));
  EXPECT_THROW(pool->apply(pass, Refuser{Refuser::Where::program_loads, ""}), OwnError);
  EXPECT_THROW(pool->apply(pass, Refuser{Refuser::Where::program_saves, ""}), OwnError);
}

TEST_P(Exceptions, TooLargeToSendArriveCut) {
  make_pool(2, {.message_limit = 4096});
  workers = pool->pids();
  const auto error = thrown_by<TaskError>([&] {
    pool->apply(
        +[](std::size_t size) -> int { throw std::runtime_error(std::string(size, 'x')); }, std::size_t{1} << 20U);
  });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->type, "std::runtime_error");
  EXPECT_EQ(error->message, std::string(1024, 'x'));
}

WITH_BOTH_TRANSPORTS(Exceptions);

}  // namespace
}  // namespace faults::exceptions
