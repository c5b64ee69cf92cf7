// Workers killed while they are idle.
#include <atomic>
#include <chrono>
#include <random>
#include <set>
#include <thread>

#include "faults/fault_test.hpp"
#include "faults/shared_page.hpp"

namespace faults::idle {
namespace {

class IdleWorkers : public PoolFaultTest {
 protected:
  /// Until the pool has noticed all deaths; results meanwhile must be right.
  void expect_lost(std::uint64_t deaths) {
    while (pool->statistics().workers_lost < deaths) ASSERT_EQ(pool->map(same, upto(8), {.chunk = 1}), upto(8));
    EXPECT_EQ(pool->statistics().workers_lost, deaths);
  }

  void SetUp() override { make_pool(4, {.max_start_failures = 1 << 20}); }

  const int kills = scaled(100, 1'000);
};

TEST_P(IdleWorkers, KilledOneByOneCostNothing) {
  std::mt19937 random(42);
  for (int deaths = 1; deaths <= kills; ++deaths) {
    const auto living = pool->pids();
    strike(living[std::uniform_int_distribution<std::size_t>(0, living.size() - 1)(random)], SIGKILL);
    ASSERT_NO_FATAL_FAILURE(expect_lost(static_cast<std::uint64_t>(deaths)));
  }
  EXPECT_EQ(pool->statistics().tasks_retried, 0U);
}

TEST_P(IdleWorkers, KilledAllAtOnceCostNothing) {
  // The map begins before the pool can know: its tasks are given to dead workers.
  std::uint64_t deaths = 0;
  while (deaths < static_cast<std::uint64_t>(kills)) {
    const auto living = pool->pids();
    for (const pid_t worker : living) strike(worker, SIGKILL);
    for (const pid_t worker : living) wait_until([&] { return !runs(worker); });
    ASSERT_EQ(pool->map(same, upto(100)), upto(100));
    deaths += living.size();
    ASSERT_NO_FATAL_FAILURE(expect_lost(deaths));
  }
}

struct Lives {
  std::atomic<int> long_ones = 0;
  std::atomic<bool> dying = false;  // from now on, new workers die
};

Lives* lives = nullptr;

void die_soon() {
  if (!lives->dying) {
    ++lives->long_ones;
    return;
  }
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ::_exit(3);
  }).detach();
}

TEST_P(IdleWorkers, ThatKeepDyingAreNotReplacedAllTheTime) {
  const SharedPage<Lives> page;
  lives = page.get();
  make_pool(2, {.initialiser = processes::call(die_soon)});
  wait_until([&] { return page->long_ones == 2; });
  page->dying = true;
  const auto sleep_long = +[](int x) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    return x;
  };
  auto future = pool->apply_async(sleep_long, 1);
  strike(pool->pids().back(), SIGKILL);
  EXPECT_EQ(future.get(), 1);
  EXPECT_GT(pool->statistics().workers_lost, 2U);
  EXPECT_LT(pool->statistics().workers_lost, 30U) << "each lives for a millisecond";
}

WITH_BOTH_TRANSPORTS(IdleWorkers);

}  // namespace
}  // namespace faults::idle
