// Processes that tasks leave running end with the pool, whatever they ignore and however they detach.
#include <gmock/gmock.h>

#include <array>
#include <atomic>

#include "faults/fault_test.hpp"

namespace faults::grandchildren {
namespace {

struct Family {
  std::array<std::atomic<pid_t>, 3> pids{};  // worker, child, and a daemon: an orphaned grandchild in its own session
};

Family* family = nullptr;

/// Forks a child and a daemon, which ignore all signals that can be ignored; returns in the worker once they run.
int found_a_family(int item) {
  for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGQUIT}) std::signal(number, SIG_IGN);
  family->pids[0] = getpid();
  if (fork() == 0) {
    family->pids[1] = getpid();
    if (fork() == 0) {
      setsid();
      if (fork() != 0) _exit(0);
      family->pids[2] = getpid();
      never_end(0);
    }
    never_end(0);
  }
  wait_until([] { return family->pids[1] != 0 && family->pids[2] != 0; });
  return item;
}

int found_a_family_and_never_end(int item) { return never_end(found_a_family(item)); }

class Grandchildren : public PoolFaultTest {
 protected:
  void SetUp() override {
    family = page.get();
    make_pool(2);
  }

  /// The test is the subreaper, so none of them can be another process's zombie.
  void expect_all_gone() const {
    for (const auto& pid : page->pids) {
      EXPECT_NE(pid, 0);
      EXPECT_EQ(kill(pid, 0), -1) << "process " << pid << " is left";
      EXPECT_EQ(errno, ESRCH);
    }
  }

  SharedPage<Family> page;
};

TEST_P(Grandchildren, EndWithTerminate) {
  auto future = pool->apply_async(found_a_family_and_never_end, 1);
  wait_until([&] { return family->pids[2] != 0; });
  pool->terminate();
  expect_all_gone();
  EXPECT_THROW(future.get(), processes::PoolClosed);
}

TEST_P(Grandchildren, EndWithTheDestructor) {
  auto future = pool->apply_async(found_a_family_and_never_end, 1);
  wait_until([&] { return family->pids[2] != 0; });
  pool.reset();
  expect_all_gone();
}

TEST_P(Grandchildren, EndWithJoin) {
  EXPECT_EQ(pool->apply(found_a_family, 1), 1);
  pool->close();
  pool->join();
  expect_all_gone();
}

TEST_P(Grandchildren, OfAWorkerThatDiedEndWithThePool) {
  EXPECT_EQ(pool->apply(found_a_family, 1), 1);
  strike(family->pids[0], SIGKILL);
  while (pool->statistics().workers_lost == 0)
    EXPECT_EQ(pool->apply(same, 1), 1) << "a child that goes on must not hide it";
  EXPECT_TRUE(runs(family->pids[1]));
  pool.reset();
  expect_all_gone();
}

TEST_P(Grandchildren, EndThoughAChildOfTheProgramHoldsItsDescriptors) {
  EXPECT_EQ(pool->apply(found_a_family, 1), 1);
  processes::Process other([] { return never_end(0); });  // which has a copy of the pool's socket
  other.start();
  pool.reset();
  expect_all_gone();
}

WITH_BOTH_TRANSPORTS(Grandchildren);

}  // namespace
}  // namespace faults::grandchildren
