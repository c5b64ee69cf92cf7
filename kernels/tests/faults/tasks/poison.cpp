// An item that kills every worker that runs it.
#include <gmock/gmock.h>

#include <array>
#include <atomic>

#include "faults/fault_test.hpp"

namespace faults::poison {
namespace {

using processes::PoolStatistics;
using processes::WorkerLost;
using testing::ElementsAre;

constexpr int poison = 5;

int take(int item) { return item == poison ? die_by(SIGKILL) : item; }

class Poison : public PoolFaultTest {
 protected:
  void expect_one_lost(int attempts, const PoolStatistics& statistics) {
    make_pool(2, {.attempts = attempts});
    const auto outcomes = pool->map_async(take, upto(20), {.chunk = 10}).outcomes();
    EXPECT_THAT(failed_with<WorkerLost>(outcomes), ElementsAre(poison));
    EXPECT_TRUE(wrong(outcomes, [](std::size_t i) { return static_cast<int>(i); }).empty());
    const auto error = as<WorkerLost>(outcomes[poison].error);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->attempts, attempts);
    EXPECT_EQ(error->index, static_cast<std::size_t>(poison));
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    const PoolStatistics found = pool->statistics();
    EXPECT_EQ(found.workers_lost, statistics.workers_lost);
    EXPECT_EQ(found.tasks_retried, statistics.tasks_retried);
    EXPECT_EQ(found.tasks_set_aside, statistics.tasks_set_aside);
    EXPECT_EQ(found.deadlines_exceeded, 0U);
  }
};

TEST_P(Poison, IsStartedOnceByDefault) { expect_one_lost(1, {.workers_lost = 1}); }

TEST_P(Poison, IsNotRetriedAfterItsLastAttempt) {
  expect_one_lost(2, {.workers_lost = 2, .tasks_retried = 1, .tasks_set_aside = 1});
  expect_one_lost(4, {.workers_lost = 4, .tasks_retried = 3, .tasks_set_aside = 1});
}

TEST_P(Poison, DoesNotHarmTasksThatRunNextToIt) {
  make_pool(2, {.attempts = 3});
  const auto mostly_poison = +[](int item) { return item % 5 == 0 ? item : die_by(SIGKILL); };
  const auto outcomes = pool->map_async(mostly_poison, upto(20), {.chunk = 20}).outcomes();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i].value.has_value(), i % 5 == 0) << i;
    if (i % 5 == 0) continue;
    const auto error = as<WorkerLost>(outcomes[i].error);
    EXPECT_TRUE(error && error->attempts == 3) << i;
  }
  EXPECT_EQ(pool->statistics().tasks_set_aside, 16U);
}

/// How many tasks have started again; shared by the workers.
std::atomic<int>* begun_again = nullptr;
std::atomic<bool>* has_died = nullptr;  // by item
constexpr int fatal = 4;                // items that kill the first worker that runs them

/// The first of them that is retried outlasts the others.
int take_again(int item) {
  if (item >= fatal) return item;
  if (!has_died[item].exchange(true)) die_by(SIGKILL);
  if (++*begun_again == 1) wait_until([] { return *begun_again == fatal; });
  return item;
}

TEST_P(Poison, IsRetriedAloneInAWorker) {
  const SharedPage<std::atomic<int>> count;
  const SharedPage<std::array<std::atomic<bool>, fatal>> died;
  begun_again = count.get();
  has_died = died->data();
  make_pool(2, {.attempts = 2});
  EXPECT_EQ(pool->map(take_again, upto(200), {.chunk = 1}), upto(200));
  EXPECT_EQ(pool->statistics().tasks_retried, static_cast<std::uint64_t>(fatal));
}

WITH_BOTH_TRANSPORTS(Poison);

}  // namespace
}  // namespace faults::poison
