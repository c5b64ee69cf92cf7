// Tasks that run too long, and workers that were stopped.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>

#include "faults/fault_test.hpp"

namespace faults::deadlines {
namespace {

using namespace std::chrono_literals;
using processes::DeadlineExceeded;
using processes::Step;
using testing::ElementsAre;
using Clock = std::chrono::steady_clock;

/// How the test's processes signal each other.
struct Signs {
  std::atomic<Clock::rep> started = 0;  // when the late task started
  std::atomic<bool> go_on = false;
  std::atomic<bool> next_started = false;
};

Signs* signs = nullptr;

constexpr int late = 4;

void note_start() { signs->started = Clock::now().time_since_epoch().count(); }

int late_at_four(int item) {
  if (item == late) {
    note_start();
    never_end(item);
  }
  return item;
}

int stopped_at_four(int item) {
  if (item == late) {
    note_start();
    raise(SIGSTOP);
  }
  return item;
}

class Deadlines : public PoolFaultTest {
 protected:
  void SetUp() override { signs = page.get(); }

  void expect_only_the_late_one(int (*task)(int)) {
    constexpr auto deadline = 200ms;
    make_pool(2, {.deadline = deadline});
    const auto outcomes = pool->map_async(task, upto(10), {.chunk = 10}).outcomes();
    const auto taken = Clock::now() - Clock::time_point(Clock::duration(signs->started));
    EXPECT_THAT(failed_with<DeadlineExceeded>(outcomes), ElementsAre(late));
    EXPECT_TRUE(wrong(outcomes, [](std::size_t i) { return static_cast<int>(i); }).empty());
    EXPECT_GE(taken, deadline) << "it was killed before its deadline";
    EXPECT_EQ(pool->statistics().deadlines_exceeded, 1U);
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
  }

  SharedPage<Signs> page;
};

TEST_P(Deadlines, EndTheOneTaskOfAChunkThatIsLate) { expect_only_the_late_one(late_at_four); }

TEST_P(Deadlines, EndATaskWhoseWorkerWasStopped) { expect_only_the_late_one(stopped_at_four); }

TEST_P(Deadlines, EndAStoppedIdleWorkerWithoutCostToATask) {
  make_pool(1, {.deadline = 200ms});
  EXPECT_EQ(pool->apply(same, 1), 1);
  for (int deaths = 0; deaths < 3; ++deaths) {
    const pid_t worker = pool->pids().front();
    strike(worker, SIGSTOP);
    wait_until([&] { return state_of(worker).letter == 'T'; });
    EXPECT_EQ(pool->map(same, upto(10)), upto(10));
    EXPECT_FALSE(runs(worker));
  }
  EXPECT_EQ(pool->statistics().deadlines_exceeded, 0U) << "a task failed that had not started";
}

TEST_P(Deadlines, EndAStoppedWorkerThatWasAskedToEnd) {
  make_pool(2, {.deadline = 200ms});
  const pid_t worker = pool->pids().front();
  strike(worker, SIGSTOP);
  pool->close();
  pool->join();
  EXPECT_FALSE(runs(worker));
}

TEST_P(Deadlines, ApplyToATaskAndNotToItsChunk) {
  make_pool(1, {.deadline = 1s});
  const auto nap = +[](int item) {
    std::this_thread::sleep_for(200ms);
    return item;
  };
  EXPECT_EQ(pool->map(nap, upto(7), {.chunk = 7}), upto(7));
  EXPECT_EQ(pool->statistics().workers_lost, 0U);
}

void sleep_briefly() { std::this_thread::sleep_for(300ms); }

TEST_P(Deadlines, DoNotLimitTheInitialiser) {
  make_pool(2, {.initialiser = processes::call(sleep_briefly), .deadline = 100ms});
  EXPECT_EQ(pool->map(same, upto(100)), upto(100));
  EXPECT_EQ(pool->statistics().workers_lost, 0U);
  EXPECT_THROW(pool->apply(never_end, 1), DeadlineExceeded);
}

TEST_P(Deadlines, ApplyToAWorkersFirstTask) {
  make_pool(1, {.initialiser = processes::call(sleep_briefly), .deadline = 100ms});
  EXPECT_THROW(pool->apply(never_end, 1), DeadlineExceeded) << "the program is not notified when the worker is ready";
}

TEST_P(Deadlines, EndNoWorkerThatHasJustStarted) {
  for (int round = 0; round < 20; ++round) {
    make_pool(4, {.tasks_per_worker = 1, .deadline = 60s});
    EXPECT_EQ(pool->map(same, upto(9), {.chunk = 1}), upto(9));
    pool->close();
    pool->join();
    EXPECT_EQ(pool->statistics().workers_lost, 0U);
  }
}

TEST_P(Deadlines, OfACenturyAreAcceptedAndLongerOnesRejected) {
  make_pool(2, {.deadline = std::chrono::years(100)});
  const auto nap = +[](int item) {
    std::this_thread::sleep_for(10ms);
    return item;
  };
  EXPECT_EQ(pool->map(nap, upto(5), {.chunk = 1}), upto(5));
  EXPECT_THROW(make_pool(2, {.deadline = std::chrono::nanoseconds::max()}), std::invalid_argument);
}

TEST_P(Deadlines, OfAPoolWithAttemptsAreNotRetried) {
  make_pool(2, {.deadline = 200ms, .attempts = 3});
  EXPECT_THROW(pool->apply(never_end, 1), DeadlineExceeded);
  EXPECT_EQ(pool->statistics().tasks_retried, 0U);
}

TEST_P(Deadlines, WithoutOneAnEndlessTaskDelaysNoOther) {
  make_pool(2);
  auto endless = pool->apply_async(never_end, 1);
  EXPECT_EQ(pool->map(same, upto(100), {.chunk = 1}), upto(100));
  EXPECT_FALSE(endless.ready());
}

/// Waits until it may go on, late or not; then its neighbour reports that it has started, and waits forever.
int late_then_endless(int item) {
  if (item == 0) {
    note_start();
    wait_until([] { return signs->go_on.load(); });
    return item;
  }
  signs->next_started = true;
  return never_end(item);
}

TEST_P(Deadlines, FailTheLateTaskAndNotTheNextIfTheKillIsLate) {
  // A kill involves two processes. Meanwhile the late task may end, and the next one of its chunk could start.
  constexpr auto deadline = 200ms;
  make_pool(1, {.deadline = deadline});
  const pid_t slow_supervisor = only_child();
  auto future = pool->map_async(late_then_endless, {0, 1}, {.chunk = 2});
  wait_until([] { return signs->started != 0; });
  strike(slow_supervisor, SIGSTOP);
  wait_until([&] { return state_of(slow_supervisor).letter == 'T'; });
  std::this_thread::sleep_until(Clock::time_point(Clock::duration(signs->started)) + deadline);
  EXPECT_FALSE(future.ready());  // the pool decides here
  signs->go_on = true;
  std::this_thread::sleep_for(50ms);  // in case the next task starts
  EXPECT_FALSE(signs->next_started) << "it would be killed with the late one, and run a second time";
  const auto next_could_have_started = Clock::now();
  strike(slow_supervisor, SIGCONT);
  const auto outcomes = future.outcomes();
  EXPECT_TRUE(outcomes[0].value || as<DeadlineExceeded>(outcomes[0].error));
  EXPECT_TRUE(as<DeadlineExceeded>(outcomes[1].error)) << "it never ends";
  EXPECT_GE(Clock::now() - next_could_have_started, deadline - 50ms) << "it was killed before its deadline";
  EXPECT_TRUE(signs->next_started) << "it failed before it started";
}

/// A task that starts a shell with a child.
int start_a_sleep(int item) {
  const pid_t shell = fork();
  if (shell == 0) {
    if (fork() == 0) {
      signs->started = getpid();
      never_end(0);
    }
    never_end(0);
  }
  ::waitpid(shell, nullptr, 0);
  return item;
}

TEST_P(Deadlines, EndTheTasksChildProcesses) {
  make_pool(1, {.deadline = 100ms});
  EXPECT_THROW(pool->apply(start_a_sleep, 1), DeadlineExceeded);
  ASSERT_NE(signs->started, 0);
  const auto grandchild = static_cast<pid_t>(signs->started.load());
  wait_until([&] { return !runs(grandchild); });
  EXPECT_EQ(pool->apply(same, 1), 1);
}

WITH_BOTH_TRANSPORTS(Deadlines);

}  // namespace
}  // namespace faults::deadlines
