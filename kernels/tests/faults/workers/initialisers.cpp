// Initialisers that fork.
#include <atomic>

#include "faults/fault_test.hpp"

namespace faults::initialisers {
namespace {

struct Runs {
  std::atomic<int> tasks = 0;
};

Runs* counted = nullptr;

int count(int item) {
  ++counted->tasks;
  return item;
}

void fork_and_return() { static_cast<void>(fork()); }

class Initialisers : public PoolFaultTest {};

TEST_P(Initialisers, ThatForkMakeNoSecondWorker) {
  const SharedPage<Runs> page;
  counted = page.get();
  make_pool(2, {.initialiser = processes::call(fork_and_return)});
  for (int round = 0; round < 10; ++round) EXPECT_EQ(pool->map(count, upto(100), {.chunk = 1}), upto(100));
  EXPECT_EQ(page->tasks, 1000);
  EXPECT_EQ(pool->statistics().workers_lost, 0U);
}

WITH_BOTH_TRANSPORTS(Initialisers);

}  // namespace
}  // namespace faults::initialisers
