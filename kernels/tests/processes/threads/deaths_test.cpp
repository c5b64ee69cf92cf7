// Workers that die at any step: lost tasks are exact, and ThreadSanitizer finds nothing.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "processes/pool.hpp"
#include "tasks.hpp"
#include "worker_threads.hpp"

namespace {

using namespace threads;
using processes::ProcessPool;
using processes::Step;
using processes::WorkerLost;

constexpr std::size_t most_tasks = 12;
/// How often each task has run. Relaxed, so that the count orders nothing else.
std::array<std::atomic<int>, most_tasks> runs;

long count_run(long index) {
  runs.at(static_cast<std::size_t>(index)).fetch_add(1, std::memory_order_relaxed);
  return cube(index);
}
std::string count_run_of(const std::string& index) { return std::to_string(count_run(std::stol(index))); }

/// Workers die during its lifetime.
class Dying {
 public:
  explicit Dying(unsigned chance) { set(-1, 0, chance); }
  Dying(Step step, int times) { set(static_cast<int>(step), times, 0); }
  Dying(const Dying&) = delete;
  Dying& operator=(const Dying&) = delete;
  ~Dying() { set(-1, 0, 0); }

  [[nodiscard]] int died() const { return deaths.died - before_; }

 private:
  static void set(int step, int times, unsigned chance) {
    deaths.times = times;
    deaths.step = step;
    deaths.chance = chance;
  }
  int before_ = deaths.died;
};

/// A step, and how often workers reach it before one dies there.
class DeathAtAStep : public testing::TestWithParam<std::tuple<int, int>> {};

/// The number of lost tasks; all other values must be the task's.
template <class Value, class Expected>
std::size_t lost_of(const std::vector<processes::Outcome<Value>>& outcomes, const Expected& expected) {
  std::size_t lost = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const int times = runs.at(i).exchange(0, std::memory_order_relaxed);
    if (outcomes[i].value) {
      EXPECT_EQ(*outcomes[i].value, expected(static_cast<long>(i)));
      EXPECT_EQ(times, 1) << i;
    } else {
      expect_lost(outcomes[i].error, i);
      EXPECT_LE(times, 1) << i;
      ++lost;
    }
  }
  return lost;
}

TEST_P(DeathAtAStep, LosesAtMostOneTask) {
  const auto [step, times] = GetParam();
  std::vector<std::string> words;
  for (const long item : upto(most_tasks)) words.push_back(std::to_string(item));
  for (const std::size_t chunk : {1U, 3U}) {
    const Dying dying(static_cast<Step>(step), times);
    ProcessPool pool(2);
    std::size_t lost = lost_of(pool.map_async(count_run, upto(most_tasks), {.chunk = chunk}).outcomes(), cube);
    lost += lost_of(pool.map_async(count_run_of, words, {.chunk = chunk}).outcomes(),
                    [](long index) { return std::to_string(cube(index)); });
    EXPECT_LE(lost, static_cast<std::size_t>(dying.died()));
    EXPECT_LE(dying.died(), 1);
  }
}

INSTANTIATE_TEST_SUITE_P(OfWorkers, DeathAtAStep,
                         testing::Combine(testing::Range(0, processes::steps), testing::Values(1, 2, 3)));

class Storm : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(OfWorkers, Storm, testing::Values(1, 2, 5));

/// Probability of a death at each step, of 65,536.
constexpr unsigned chance = 65'536 / 100;

TEST_P(Storm, LosesNoMoreTasksThanWorkers) {
  ProcessPool pool(GetParam(), {.max_start_failures = 1000});
  std::size_t lost = 0;
  int died = 0;
  {
    const Dying dying(chance);
    lost = call_from_threads(pool, 3);
    died = dying.died();
  }
  EXPECT_GT(died, 0);
  EXPECT_LE(lost, static_cast<std::size_t>(died));
  EXPECT_EQ(pool.map(cube, upto(20))[19], cube(19)) << "the pool still works";
}

TEST_P(Storm, LosesNothingIfTasksMayBeRetried) {
  ProcessPool pool(GetParam(), {.attempts = 1000, .max_start_failures = 1000});
  const Dying dying(chance);
  EXPECT_EQ(call_from_threads(pool, 3), 0U);
  EXPECT_GT(dying.died(), 0);
}

TEST_P(Storm, OfSupervisorsIsSurvived) {
  ProcessPool pool(GetParam(), {.attempts = 1000, .max_start_failures = 1000});
  std::atomic<bool> over = false;
  std::thread killing([&over] {
    while (!over) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      kill_supervisors();
    }
  });
  EXPECT_EQ(call_from_threads(pool, 2), 0U);
  over = true;
  killing.join();
}

TEST_P(Storm, EndsWithThePool) {
  std::minstd_rand random(1);
  for (int round = 0; round < 40; ++round) {
    const Dying dying(chance);
    ProcessPool pool(GetParam(), {.max_start_failures = 1000});
    auto numbers = pool.map_async(cube_or_throw, upto(40), {.chunk = 1});
    auto words = pool.map_async(doubled, texts(random, 10, 50), {.chunk = 1});
    if (round % 2 == 0) {
      pool.close();
      pool.join();
      check_cubes(upto(40), numbers.outcomes());
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
      pool.terminate();
      EXPECT_TRUE(words.ready());
    }
  }
}

}  // namespace
