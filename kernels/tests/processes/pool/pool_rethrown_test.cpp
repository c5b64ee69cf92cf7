// Errors of tasks and the types in which callers get them.
#include <gmock/gmock.h>

#include <csignal>
#include <exception>
#include <stdexcept>
#include <string>

#include "faults/watchdog.hpp"
#include "pool_fixture.hpp"
#include "processes/pool.hpp"

namespace {

using processes::PoolError;
using processes::PoolOptions;
using processes::ProcessPool;
using processes::TaskError;

struct PoolErrors : PoolTest {
  faults::Watchdog watchdog;
};

struct Rejection : std::runtime_error {
  Rejection() : std::runtime_error("rejected") {}
  explicit Rejection(int why) : std::runtime_error("rejected"), reason(why) {}
  int reason = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(reason);
  }
};
struct WorseRejection : Rejection {
  using Rejection::Rejection;
};

struct SilentlyThrown : std::exception {
  SilentlyThrown() = default;
  explicit SilentlyThrown(const std::string& message) { EXPECT_EQ(message, ""); }
  [[nodiscard]] const char* what() const noexcept override { return nullptr; }
};

int reject(int x) {
  if (x == 0) throw Rejection(42);
  if (x == 1) throw std::out_of_range("too far");
  if (x == 2) throw WorseRejection(1);
  return x;
}

TEST_F(PoolErrors, MayBeRethrownWithTheirType) {
  PoolOptions options;
  options.rethrown = processes::rethrown<Rejection, std::out_of_range>();
  for (const auto transport : {processes::Transport::shared, processes::Transport::pipe}) {
    options.transport = transport;
    ProcessPool pool(2, options);
    auto outcomes = pool.map_async(reject, upto(4), {.chunk = 1}).outcomes();
    try {
      std::rethrow_exception(outcomes[0].error);
    } catch (const Rejection& error) {
      EXPECT_EQ(error.reason, 42);
    }
    try {
      pool.apply(reject, 1);
      FAIL();
    } catch (const std::out_of_range& error) {
      EXPECT_STREQ(error.what(), "too far");
    }
    EXPECT_THROW(pool.apply(reject, 2), TaskError) << "a derived exception would lose its type";
    EXPECT_EQ(outcomes[3].value, 3);
  }
  EXPECT_THROW(ProcessPool(1).apply(reject, 0), TaskError);
}

TEST_F(PoolErrors, WithoutAMessageMayBeRethrown) {
  ProcessPool pool(1, {.rethrown = processes::rethrown<SilentlyThrown>()});
  EXPECT_THROW(pool.apply(+[](int) -> int { throw SilentlyThrown(); }, 0), SilentlyThrown);
}

TEST_F(PoolErrors, HaveOneBaseClass) {
  ProcessPool pool(1);
  EXPECT_THROW(pool.apply([](int x) { return x > 0 ? throw std::runtime_error("") : x; }, 1), PoolError);
  EXPECT_THROW(pool.apply(die_by, SIGKILL), PoolError);
  pool.close();
  EXPECT_THROW(pool.apply(same, 1), PoolError);
}

}  // namespace
