// Tasks that return nothing have errors as well.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <list>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "pool_fixture.hpp"
#include "processes/pool.hpp"

namespace {

using namespace std::chrono_literals;
using processes::CallOptions;
using processes::DeadlineExceeded;
using processes::MessageTooLarge;
using processes::ProcessPool;
using processes::TaskError;
using processes::WorkerLost;

enum class Fault { none, thrown, death, deadline };

void suffer(Fault fault) {
  if (fault == Fault::thrown) throw std::runtime_error("no luck");
  if (fault == Fault::death) die_by(SIGKILL);
  if (fault == Fault::deadline) never_end(0);
}

void suffer_of_two(Fault one, Fault other) {
  suffer(one);
  suffer(other);
}

/// The error must be of this type, whichever way the task is called.
template <class Error>
void expect_error(Fault fault) {
  ProcessPool pool(2);
  const CallOptions terms{.deadline = fault == Fault::deadline ? 200ms : 0ms};
  EXPECT_THROW(pool.apply(terms, suffer, fault), Error);
  EXPECT_THROW(pool.map(suffer, std::vector{Fault::none, fault}, terms), Error);
  EXPECT_THROW(pool.map(suffer, std::list{Fault::none, fault}, terms), Error);
  EXPECT_THROW(pool.map(suffer, {Fault::none, fault}, terms), Error);
  EXPECT_THROW(pool.starmap(suffer_of_two, std::vector{std::tuple(Fault::none, fault)}, terms), Error);
  EXPECT_NO_THROW(pool.apply(suffer, Fault::none));
  EXPECT_NO_THROW(pool.map(suffer, std::vector{Fault::none, Fault::none}));
}

TEST_F(PoolTest, ATaskWithoutAResultThrowsWhatItThrew) { expect_error<TaskError>(Fault::thrown); }
TEST_F(PoolTest, ATaskWithoutAResultMayLoseItsWorker) { expect_error<WorkerLost>(Fault::death); }
TEST_F(PoolTest, ATaskWithoutAResultHasADeadline) { expect_error<DeadlineExceeded>(Fault::deadline); }

TEST_F(PoolTest, ATaskWithoutAResultMayHaveAnArgumentThatIsTooLarge) {
  ProcessPool pool(1, {.message_limit = 4096});
  const auto take = +[](const std::string&) {};
  EXPECT_THROW(pool.apply(take, std::string(10'000, 'x')), MessageTooLarge);
}

}  // namespace
