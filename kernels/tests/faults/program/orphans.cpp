// Kills the program at random moments: nothing of its pool may outlive it.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <random>
#include <utility>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"
#include "processes/workers/supervisor.hpp"

namespace faults::orphans {
namespace {

using processes::ProcessPool;

int spin_for_ever(int item) {
  const std::atomic<bool> end = false;
  while (!end) {
  }
  return item;
}

/// Makes a pool whose tasks compute, sleep, or leave a child running; maps forever.
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

struct LargeFamily {
  std::atomic<pid_t> child = 0;
  std::array<std::atomic<pid_t>, processes::most_workers> workers{};
};

class Orphans : public PoolFaultTest {
 protected:
  /// Makes a pool, and a child that holds its descriptors. An error ends the program.
  void make_pool_and_child(int workers, LargeFamily& family) noexcept {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    make_pool(workers, {.message_limit = 1 << 20});
    const auto pids = pool->pids();
    if (std::cmp_not_equal(pids.size(), workers)) _exit(1);
    std::ranges::copy(pids, family.workers.begin());
    const pid_t child = fork();
    if (child == 0) never_end(0);
    family.child = child;
  }
};

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

/// How many events a supervisor can send that the program does not read.
int most_unread_events() {
  const auto ends = processes::PacketSocket::open_pair();
  const std::string event(sizeof(processes::SupervisorEvent), 'x');
  int sent = 0;
  while (ends.first.send(event, {}, false)) ++sent;
  return sent;
}

TEST_P(Orphans, OfAProgramThatReadNoEventsAndWhoseChildHoldsItsDescriptorsAreNone) {
  if (sanitized::addresses || sanitized::threads) GTEST_SKIP() << "some hundred workers take too long";
  const int count = most_unread_events() + 2;  // one event too many, and a worker that lives
  if (count > processes::most_workers) GTEST_SKIP() << "sockets are too large here";
  const SharedPage<LargeFamily> family;
  const pid_t program = fork();
  ASSERT_GE(program, 0);
  if (program == 0) {
    make_pool_and_child(count, *family);
    never_end(0);
  }
  wait_until([&] { return family->child != 0 || !runs(program); });
  ASSERT_NE(family->child, 0) << "the program could not make its pool";
  const pid_t living = family->workers.front();
  const pid_t supervisor = state_of(living).parent;
  for (int i = 1; i < count; ++i) strike(family->workers[static_cast<std::size_t>(i)], SIGKILL);
  for (int i = 1; i < count; ++i) {
    wait_until([&] { return !runs(family->workers[static_cast<std::size_t>(i)]); });
  }
  wait_until([&] { return state_of(supervisor).letter == 'S'; });  // it waits for room or for other news
  strike(program, SIGKILL);
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  wait_until([&] { return (!runs(living) && !runs(supervisor)) || std::chrono::steady_clock::now() > limit; });
  EXPECT_FALSE(runs(living));
  EXPECT_FALSE(runs(supervisor));
  EXPECT_TRUE(runs(family->child)) << "the pool must not end it";
  strike(family->child, SIGKILL);
  EXPECT_TRUE(reaped_all());
}

WITH_BOTH_TRANSPORTS(Orphans);

}  // namespace
}  // namespace faults::orphans
