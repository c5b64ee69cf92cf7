// Workers killed at random moments of a long map.
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <set>

#include "faults/fault_test.hpp"

namespace faults::kill_storm {
namespace {

using processes::Outcome;
using processes::WorkerLost;

constexpr std::size_t most_items = 1'000'000;
constexpr std::size_t most_kills = 1'000;

/// Shared by all processes of the test.
struct Record {
  std::atomic<long> ended = 0;     // runs of tasks that have ended
  std::atomic<long> gate = 0;      // no task starts once so many have ended
  std::atomic<int> run_again = 0;  // tasks that ran after their outcome was published
  std::array<std::atomic<std::uint8_t>, most_items> runs{};
  std::array<std::atomic<bool>, most_items> published{};
  /// The pid and the task of a worker that waited at the gate the k-th time, within a task.
  std::array<std::atomic<std::uint64_t>, most_kills + 1> at_gate{};
};

Record* record = nullptr;
long stretch = 0;  // how far the gate moves at a time
int current = -1;  // the task of this worker

int marked(int item) {
  for (long gate = 0; record->ended >= (gate = record->gate);) {
    const std::uint64_t here = static_cast<std::uint64_t>(getpid()) << 32U | static_cast<std::uint32_t>(item);
    record->at_gate[static_cast<std::size_t>(gate / stretch)] = here;
    sched_yield();
  }
  const auto index = static_cast<std::size_t>(item);
  if (record->published[index]) ++record->run_again;
  ++record->runs[index];
  current = item;
  ++record->ended;
  return 7 * item;
}

void note_publication(processes::Step step) {
  if (step != processes::Step::outcome_published || current < 0) return;
  record->published[static_cast<std::size_t>(current)] = true;
  current = -1;
}

class KillStorm : public PoolFaultTest {
 protected:
  /// A map with kills spread over it; every other kill hits a worker that runs a task.
  std::vector<Outcome<int>> storm(int attempts) {
    stretch = (items - kills) / kills;  // so that all kills happen, whatever is lost
    record->gate = stretch;
    make_pool(4, {.attempts = attempts, .max_start_failures = 1 << 20});
    auto future = pool->map_async(marked, upto(items));
    for (int kill_number = 1; kill_number <= kills; ++kill_number) {
      if (kill_number % 2 == 0) {
        kill_at_gate(future);
      } else {
        kill_at_random(future);
      }
      record->gate += stretch;
    }
    record->gate = items + kills;
    return future.outcomes();
  }

  template <class Future>
  void kill_at_gate(Future& future) {
    std::uint64_t here = 0;
    do {
      ASSERT_FALSE(future.ready());
      here = record->at_gate[static_cast<std::size_t>(record->gate / stretch)];
    } while (here == 0 || victims.contains(static_cast<pid_t>(here >> 32U)));
    killed_within.insert(static_cast<std::uint32_t>(here));
    strike(static_cast<pid_t>(here >> 32U), SIGKILL);
    victims.insert(static_cast<pid_t>(here >> 32U));
  }

  template <class Future>
  void kill_at_random(Future& future) {
    const long moment = record->gate - std::uniform_int_distribution<long>(1, stretch)(random);
    std::vector<pid_t> living;
    while (record->ended < moment || living.empty()) {
      ASSERT_FALSE(future.ready());
      living = pool->pids();
      std::erase_if(living, [&](pid_t pid) { return victims.contains(pid); });
      sched_yield();
    }
    const pid_t victim = living[std::uniform_int_distribution<std::size_t>(0, living.size() - 1)(random)];
    strike(victim, SIGKILL);
    victims.insert(victim);
  }

  void expect_that_the_pool_goes_on() {
    while (pool->statistics().workers_lost < victims.size()) EXPECT_EQ(pool->apply(same, 1), 1);
    const auto statistics = pool->statistics();
    EXPECT_EQ(statistics.workers_lost, static_cast<std::uint64_t>(kills));
    EXPECT_EQ(statistics.workers_begun - statistics.workers_lost, pool->pids().size());
    EXPECT_EQ(pool->map(same, upto(1000)), upto(1000));
  }

  SharedPage<Record> page;
  const int items = scaled(100'000, 1'000'000);
  const int kills = scaled(100, 1'000);
  std::set<pid_t> victims;
  std::set<std::size_t> killed_within;
  std::mt19937 random{42};  // the same storm every time

 private:
  void SetUp() override {
    record = page.get();
    processes::on_step = note_publication;
  }
};

TEST_P(KillStorm, WithAttemptsLosesNothingAndRunsNothingAgainThatHadEnded) {
  const auto outcomes = storm(kills + 1);
  EXPECT_TRUE(wrong(outcomes, [](std::size_t i) { return 7 * static_cast<int>(i); }).empty());
  for (const auto& outcome : outcomes) ASSERT_TRUE(outcome.value);
  EXPECT_EQ(record->run_again, 0);

  const auto statistics = pool->statistics();
  EXPECT_GE(statistics.tasks_retried, killed_within.size());
  EXPECT_LE(statistics.tasks_retried, static_cast<std::uint64_t>(kills));
  const auto runs = std::accumulate(record->runs.begin(), record->runs.end(), std::uint64_t{0});
  EXPECT_LE(runs, outcomes.size() + statistics.tasks_retried);
  expect_that_the_pool_goes_on();
}

TEST_P(KillStorm, WithoutAttemptsLosesOneTaskAKilledWorker) {
  const auto outcomes = storm(1);
  EXPECT_TRUE(wrong(outcomes, [](std::size_t i) { return 7 * static_cast<int>(i); }).empty());
  std::set<std::size_t> lost;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].value) {
      ASSERT_EQ(record->runs[i], 1) << i;
      continue;
    }
    const auto error = as<WorkerLost>(outcomes[i].error);
    ASSERT_TRUE(error) << i;
    EXPECT_EQ(error->index, i);
    EXPECT_EQ(error->attempts, 1);
    EXPECT_EQ(error->status, (processes::ExitStatus{processes::ExitStatus::Kind::signalled, SIGKILL}));
    EXPECT_LE(record->runs[i], 1) << i;
    lost.insert(i);
  }
  EXPECT_TRUE(std::ranges::includes(lost, killed_within));
  EXPECT_LE(lost.size(), victims.size()) << "a kill lost more than the task that the worker died in";
  EXPECT_EQ(pool->statistics().tasks_retried, 0U);
  expect_that_the_pool_goes_on();
}

WITH_BOTH_TRANSPORTS(KillStorm);

}  // namespace
}  // namespace faults::kill_storm
