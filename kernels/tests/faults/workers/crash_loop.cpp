// Workers that die before they are ready.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>

#include "faults/fault_test.hpp"

namespace faults::crash_loop {
namespace {

using namespace std::chrono_literals;
using processes::PoolClosed;
using testing::AllOf;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

struct Record {
  std::atomic<int> initialised = 0;
  std::atomic<int> failures = 0;  // how many of them fail
  std::atomic<bool> go_on = false;
};

Record* record = nullptr;

void fail_at_first() {
  if (++record->initialised <= record->failures) _exit(7);
}

class CrashLoop : public PoolFaultTest {
 protected:
  void SetUp() override { record = page.get(); }

  SharedPage<Record> page;
};

TEST_P(CrashLoop, ClosesThePoolWithTheReason) {
  record->failures = 1 << 20;
  make_pool(2, {.initialiser = processes::call(fail_at_first), .max_start_failures = 4});
  auto future = pool->map_async(same, upto(10), {.chunk = 1});
  for (const auto& outcome : future.outcomes()) {
    const auto error = as<PoolClosed>(outcome.error);
    ASSERT_TRUE(error);
    EXPECT_THAT(error->what(), AllOf(HasSubstr("4 in a row"), HasSubstr("exit code 7")));
  }
  EXPECT_THROW(pool->apply(same, 1), PoolClosed);
  EXPECT_LE(record->initialised, 5) << "another worker may have started next to the fourth";
  EXPECT_TRUE(pool->pids().empty());
}

TEST_P(CrashLoop, PausesBetweenWorkers) {
  // Pauses: none before the second worker, then 1 ms, 2, 4, ... 128.
  record->failures = 1 << 20;
  const auto begin = Clock::now();
  make_pool(1, {.initialiser = processes::call(fail_at_first)});
  EXPECT_THROW(pool->apply(same, 1), PoolClosed);
  EXPECT_EQ(record->initialised, 10);
  EXPECT_GE(Clock::now() - begin, 255ms) << "it restarted workers without pauses";
}

TEST_P(CrashLoop, ThatEndsResetsTheCount) {
  for (int round = 0; round < 3; ++round) {
    record->initialised = 0;
    record->failures = 3;
    make_pool(1, {.initialiser = processes::call(fail_at_first), .max_start_failures = 4});
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    EXPECT_EQ(record->initialised, 4);
    // The count restarts.
    record->initialised = 0;
    EXPECT_THROW(pool->apply(die_by, SIGKILL), processes::WorkerLost);
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    EXPECT_EQ(record->initialised, 4);
  }
}

TEST_P(CrashLoop, OfAThrowingInitialiserReportsTheException) {
  testing::internal::CaptureStderr();
  make_pool(2, {.initialiser = processes::call(+[] { throw std::runtime_error("no licence"); })});
  EXPECT_THROW(pool->map(same, upto(10)), PoolClosed);
  pool.reset();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("no licence"));
}

TEST_P(CrashLoop, LeavesThePoolTheWorkersThatItHas) {
  const auto fail_after_two = +[] {
    if (++record->initialised > 2) _exit(7);
  };
  make_pool(2, {.initialiser = processes::call(fail_after_two), .max_start_failures = 3});
  wait_until([] { return record->initialised == 2; });
  EXPECT_THROW(pool->apply(die_by, SIGKILL), processes::WorkerLost);
  const auto wait_to_go_on = +[](int item) {
    wait_until([] { return record->go_on.load(); });
    return item;
  };
  auto future = pool->map_async(wait_to_go_on, upto(10), {.chunk = 1});
  // Three replacements fail, with no outcome between them: it would restart the count.
  while (pool->statistics().workers_lost < 4) EXPECT_FALSE(future.ready());
  record->go_on = true;
  EXPECT_EQ(future.get(), upto(10));
  EXPECT_EQ(record->initialised, 5);
  EXPECT_EQ(pool->pids().size(), 1U);
  EXPECT_THROW(pool->apply(die_by, SIGKILL), processes::WorkerLost);
  EXPECT_THROW(pool->apply(same, 1), PoolClosed);
}

TEST_P(CrashLoop, LetsJoinEnd) {
  record->failures = 1 << 20;
  make_pool(2, {.initialiser = processes::call(fail_at_first), .max_start_failures = 4});
  auto future = pool->map_async(same, upto(10));
  pool->close();
  pool->join();
  EXPECT_THROW(future.get(), PoolClosed);
}

WITH_BOTH_TRANSPORTS(CrashLoop);

}  // namespace
}  // namespace faults::crash_loop
