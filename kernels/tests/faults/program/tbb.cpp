// Pools in a program that uses oneTBB before, after, and in tasks.
#include <gmock/gmock.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <stdexcept>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"

namespace faults::with_tbb {
namespace {

using processes::ForkServer;
using processes::ProcessPool;
using testing::HasSubstr;

/// Uses all of oneTBB's threads.
int sum_by_tbb(int n) {
  std::atomic<int> sum = 0;
  tbb::parallel_for(0, n, [&](int i) { sum += i; });
  return sum;
}

constexpr int n = 1'000;
constexpr int sum = n * (n - 1) / 2;

/// Makes oneTBB start threads, even on one CPU: there it starts none outside of an arena of two.
void start_threads(const tbb::global_control&) {
  tbb::task_arena two(2);
  while (processes::thread_count() == 1) two.execute([] { EXPECT_EQ(sum_by_tbb(n), sum); });
}

class Tbb : public PoolFaultTest {};

TEST_P(Tbb, BeforeAPoolFromAForkServerInItsTasksAndAfterIt) {
  in_child([this] {
    const ForkServer fork_server;
    const tbb::global_control two(tbb::global_control::max_allowed_parallelism, 2);
    start_threads(two);
    make_pool(2);
    EXPECT_EQ(pool->map(sum_by_tbb, std::vector<int>(20, n)), std::vector<int>(20, sum));
    EXPECT_EQ(sum_by_tbb(n), sum);
    EXPECT_THROW(pool->apply(die_by, SIGKILL), processes::WorkerLost);
    EXPECT_EQ(pool->map(sum_by_tbb, std::vector<int>(20, n)), std::vector<int>(20, sum)) << "also in a replacement";
    pool->close();
    pool->join();
    EXPECT_EQ(sum_by_tbb(n), sum);
  });
}

TEST_P(Tbb, InTasksOfAPoolMadeFirst) {
  in_child([this] {
    make_pool(2);
    const tbb::global_control two(tbb::global_control::max_allowed_parallelism, 2);
    start_threads(two);
    EXPECT_THROW(pool->apply(die_by, SIGKILL), processes::WorkerLost);
    EXPECT_EQ(pool->map(sum_by_tbb, std::vector<int>(20, n)), std::vector<int>(20, sum)) << "also in a replacement";
    pool.reset();
    EXPECT_EQ(sum_by_tbb(n), sum);
  });
}

TEST_P(Tbb, BeforeAPoolWithoutAForkServerIsRejectedWithAdvice) {
  in_child([this] {
    const tbb::global_control two(tbb::global_control::max_allowed_parallelism, 2);
    start_threads(two);
    const auto error = thrown_by<std::logic_error>([&] { make_pool(2); });
    ASSERT_TRUE(error);
    EXPECT_THAT(error->what(), HasSubstr("Make a processes::ForkServer first in main"));
    EXPECT_THROW(ForkServer(), std::logic_error);
    EXPECT_TRUE(resources::children().empty());
  });
}

WITH_BOTH_TRANSPORTS(Tbb);

}  // namespace
}  // namespace faults::with_tbb
