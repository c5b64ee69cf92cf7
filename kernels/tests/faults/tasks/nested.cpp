// A task that makes a pool.
#include <array>
#include <atomic>

#include "faults/fault_test.hpp"

namespace faults::nested {
namespace {

using processes::ProcessPool;
using processes::Transport;

struct Record {
  Transport transport = Transport::shared;
  std::atomic<pid_t> outer_worker = 0;
  std::atomic<int> inner = 0;
  std::array<std::atomic<pid_t>, 10> inner_workers{};
};

Record* record = nullptr;

int sum_by_a_pool(int n) {
  ProcessPool inner(2, {.transport = record->transport});
  const auto numbers = inner.map(same, upto(n));
  return std::accumulate(numbers.begin(), numbers.end(), 0);
}

int tell_and_never_end(int item) {
  record->inner_workers[static_cast<std::size_t>(item)] = getpid();
  ++record->inner;
  return never_end(item);
}

int never_end_with_a_pool(int workers) {
  record->outer_worker = getpid();
  ProcessPool inner(workers, {.transport = record->transport});
  inner.map(tell_and_never_end, upto(workers), {.chunk = 1});
  return workers;
}

class Nested : public PoolFaultTest {
 protected:
  void SetUp() override {
    record = page.get();
    record->transport = GetParam();
    make_pool(2);
  }

  void expect_that_inner_workers_end() const {
    for (const pid_t worker : page->inner_workers) {
      if (worker != 0) wait_until([&] { return !runs(worker); });
    }
  }

  SharedPage<Record> page;
};

TEST_P(Nested, PoolsWork) {
  EXPECT_EQ(pool->map(sum_by_a_pool, std::vector<int>(10, 100), {.chunk = 1}), std::vector<int>(10, 4950));
  pool->close();
  pool->join();
}

TEST_P(Nested, PoolsEndWithTheirWorker) {
  auto future = pool->apply_async(never_end_with_a_pool, 3);
  wait_until([] { return record->inner == 3; });
  strike(record->outer_worker, SIGKILL);
  EXPECT_THROW(future.get(), processes::WorkerLost);
  expect_that_inner_workers_end();
  EXPECT_EQ(pool->apply(sum_by_a_pool, 100), 4950);
}

TEST_P(Nested, PoolsEndWithTheOuterPool) {
  auto future = pool->apply_async(never_end_with_a_pool, 3);
  wait_until([] { return record->inner == 3; });
  pool.reset();
  for (const pid_t worker : page->inner_workers) EXPECT_FALSE(worker != 0 && runs(worker)) << "they end at once";
}

TEST_P(Nested, PoolsEndWithTheProgram) {
  const pid_t program = fork();
  ASSERT_GE(program, 0);
  if (program == 0) {
    pool.reset();
    make_pool(2);
    pool->apply(never_end_with_a_pool, 3);
    _exit(1);
  }
  wait_until([] { return record->inner == 3; });
  strike(program, SIGKILL);
  expect_that_inner_workers_end();
  pool.reset();
  EXPECT_TRUE(reaped_all());
}

WITH_BOTH_TRANSPORTS(Nested);

}  // namespace
}  // namespace faults::nested
