// Workers killed while they have nothing to do.
#include <random>
#include <set>

#include "fault_test.hpp"

namespace faults::idle {
namespace {

class IdleWorkers : public PoolFaultTest {
 protected:
  /// Until the pool knows of all deaths; what it is asked meanwhile has to be right.
  void expect_lost(std::uint64_t deaths) {
    while (pool->statistics().workers_lost < deaths) ASSERT_EQ(pool->map(same, upto(8), 1), upto(8));
    EXPECT_EQ(pool->statistics().workers_lost, deaths);
  }

  void SetUp() override { make_pool(4, {.stillborn_limit = 1 << 20}); }

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
  // The map comes before the pool can know: its tasks are given to the dead.
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

WITH_BOTH_TRANSPORTS(IdleWorkers);

}  // namespace
}  // namespace faults::idle
