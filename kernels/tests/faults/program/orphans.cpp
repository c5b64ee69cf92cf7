// Kills the program at random moments: nothing of its pool may outlive it.
#include <atomic>
#include <chrono>
#include <random>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"

namespace faults::orphans {
namespace {

using processes::ProcessPool;

int spin_for_ever(int item) {
  const std::atomic<bool> end = false;
  while (!end) {
  }
  return item;
}

/// Makes a pool whose tasks compute, sleep, or leave a child running; maps for ever.
void work_for_ever(processes::Transport transport, std::atomic<bool>& begun) {
  const auto task = +[](int item) {
    if (item % 50 == 7 && fork() == 0) never_end(0);
    if (item % 10 == 3) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return item;
  };
  begun = true;
  ProcessPool pool(3, {.transport = transport});
  auto spinning = pool.apply_async(spin_for_ever, 0);
  auto sleeping = pool.apply_async(never_end, 0);
  while (pool.map(task, upto(200)) == upto(200)) {
  }
}

class Orphans : public PoolFaultTest {};

TEST_P(Orphans, OfAProgramKilledAtARandomMomentAreNone) {
  std::mt19937 random(42);
  for (int kills = 0; kills < scaled(20, 200); ++kills) {
    const SharedPage<std::atomic<bool>> begun;
    const auto moment = std::chrono::microseconds(std::uniform_int_distribution(0, 30'000)(random));
    const pid_t program = fork();
    ASSERT_GE(program, 0);
    if (program == 0) {
      work_for_ever(GetParam(), *begun);
      _exit(1);
    }
    wait_until([&] { return begun->load(); });
    std::this_thread::sleep_for(moment);
    strike(program, SIGKILL);
    ASSERT_TRUE(reaped_all()) << "killed after " << moment.count() << " us";
  }
}

TEST_P(Orphans, OfAProgramThatExitsWithinItsPoolsLifeAreNone) {
  in_child([this] {
    make_pool(3);  // its destructor does not run
    auto future = pool->apply_async(never_end, 0);
    EXPECT_EQ(pool->apply(same, 1), 1);
  });
}

struct Family {
  std::atomic<pid_t> child = 0;
  std::atomic<pid_t> fork_server = 0;
  std::atomic<pid_t> worker = 0;
};

TEST_P(Orphans, OfAProgramWhoseChildHoldsItsDescriptorsAreNone) {
  for (const bool with_fork_server : {false, true}) {
    const SharedPage<Family> family;
    const pid_t program = fork();
    ASSERT_GE(program, 0);
    if (program == 0) {
      std::optional<processes::ForkServer> fork_server;
      if (with_fork_server) family->fork_server = (fork_server.emplace(), only_child());
      make_pool(1);
      const pid_t child = fork();
      if (child == 0) never_end(0);
      family->child = child;
      family->worker = pool->pids().front();
      never_end(0);
    }
    wait_until([&] { return family->worker != 0; });
    const pid_t supervisor = state_of(family->worker).parent;
    strike(program, SIGKILL);
    for (const pid_t process : {family->worker.load(), supervisor, family->fork_server.load()}) {
      if (process != 0) wait_until([&] { return !runs(process); });
    }
    EXPECT_TRUE(runs(family->child)) << "the pool must not end it";
    strike(family->child, SIGKILL);
    EXPECT_TRUE(reaped_all());
  }
}

WITH_BOTH_TRANSPORTS(Orphans);

}  // namespace
}  // namespace faults::orphans
