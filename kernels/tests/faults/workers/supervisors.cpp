// Kills the processes behind a pool: its supervisor, and the fork server.
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/time.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <thread>

#include "faults/fault_test.hpp"
#include "host/files.hpp"
#include "processes/fork_server.hpp"

namespace faults::supervisors {
namespace {

using processes::ForkServer;
using processes::PoolClosed;
using processes::ProcessPool;
using processes::WorkerLost;
using testing::AllOf;
using testing::HasSubstr;

constexpr int items = 200;

struct Record {
  std::atomic<int> ended = 0;
  std::atomic<bool> go_on = false;  // to the last quarter
  std::array<std::atomic<int>, items> runs{};
};

Record* record = nullptr;

int counted(int item) {
  ++record->runs[static_cast<std::size_t>(item)];
  while (item >= items / 4 * 3 && !record->go_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::this_thread::sleep_for(std::chrono::microseconds(100));
  ++record->ended;
  return 7 * item;
}

/// The supervisor of a pool, whichever process forked it.
pid_t supervisor_of(const ProcessPool& pool) { return state_of(pool.pids().front()).parent; }

class Supervisors : public PoolFaultTest {
 protected:
  void SetUp() override { record = page.get(); }
  void TearDown() override {
    pool.reset();
    // The workers of a killed supervisor have become children of this process, the subreaper.
    EXPECT_TRUE(reaped_all());
  }

  /// Kills the supervisor in the middle of a map whose tasks take a while. Its workers are dead when the pool checks
  /// again. So all tasks except their current ones are still to be done, however slow the machine is.
  static std::vector<processes::Outcome<int>> outcomes_of_a_map_without_supervisor(ProcessPool& of) {
    auto future = of.map_async(counted, upto(items), {.chunk = 5});
    while (record->ended < items / 2) EXPECT_FALSE(future.ready());
    const auto workers = of.pids();
    strike(supervisor_of(of), SIGKILL);
    for (const pid_t worker : workers) wait_until([&] { return !runs(worker); });
    record->go_on = true;
    return future.outcomes();
  }

  /// Idle workers, so that none sends an outcome any more.
  void kill_supervisor_and_workers() {
    const auto workers = pool->pids();
    strike(supervisor_of(*pool), SIGKILL);
    for (const pid_t worker : workers) wait_until([&] { return !runs(worker); });
  }

  static std::size_t processes_of(pid_t parent) {
    std::size_t found = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const auto pid = ::host::number(entry.path().filename().string());
      if (pid && state_of(static_cast<pid_t>(*pid)).parent == parent) ++found;
    }
    return found;
  }

  SharedPage<Record> page;
};

TEST_P(Supervisors, KilledWhileItsWorkersWorkCostTheTasksThatRan) {
  make_pool(3);
  const auto outcomes = outcomes_of_a_map_without_supervisor(*pool);
  EXPECT_TRUE(wrong(outcomes, [](std::size_t i) { return 7 * static_cast<int>(i); }).empty());
  const auto lost = failed_with<WorkerLost>(outcomes);
  EXPECT_LE(lost.size(), 3U) << "at most one task per worker";
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_TRUE(outcomes[i].value || as<WorkerLost>(outcomes[i].error)) << i;
    EXPECT_LE(record->runs[i], 1) << i;
  }
  EXPECT_EQ(pool->map(same, upto(100)), upto(100));
  EXPECT_EQ(pool->pids().size(), 3U);
}

TEST_P(Supervisors, KilledWhileItsWorkersWorkCostNothingWithAttempts) {
  make_pool(3, {.attempts = 2});
  const auto outcomes = outcomes_of_a_map_without_supervisor(*pool);
  EXPECT_TRUE(wrong(outcomes, [](std::size_t i) { return 7 * static_cast<int>(i); }).empty());
  for (const auto& outcome : outcomes) EXPECT_TRUE(outcome.value);
}

TEST_P(Supervisors, KilledWhileIdleCostNothing) {
  make_pool(2);
  for (std::uint64_t kills = 1; kills <= scaled(20U, 200U); ++kills) {
    while (pool->pids().size() < 2) ASSERT_EQ(pool->map(same, upto(10)), upto(10));
    kill_supervisor_and_workers();
    while (pool->statistics().workers_lost < 2 * kills) ASSERT_EQ(pool->map(same, upto(10)), upto(10));
  }
  EXPECT_EQ(pool->map(same, upto(100)), upto(100));
}

TEST_P(Supervisors, KilledOnceWhileManyWorkersStartDoNotCloseThePool) {
  const auto wait_to_go_on = +[] { wait_until([] { return record->go_on.load(); }); };
  make_pool(12, {.initialiser = processes::call(wait_to_go_on)});  // more than may fail to start in a row
  kill_supervisor_and_workers();
  record->go_on = true;
  EXPECT_EQ(pool->apply(same, 1), 1);
}

TEST_P(Supervisors, KilledBeforeCloseDoNotStopJoin) {
  make_pool(2);
  auto future = pool->map_async(same, upto(100));
  strike(supervisor_of(*pool), SIGKILL);
  pool->close();
  pool->join();
  EXPECT_TRUE(future.ready());
  make_pool(2);
  auto endless = pool->apply_async(never_end, 1);
  strike(supervisor_of(*pool), SIGKILL);
  pool->terminate();
  EXPECT_THROW(endless.get(), PoolClosed);
}

/// A thread with the lifetime of this object.
class Thread {
 public:
  Thread() {
    wait_until([this] { return runs_.load(); });
  }

 private:
  std::atomic<bool> runs_ = false;
  std::jthread thread_{[this](const std::stop_token& stop) {
    runs_ = true;
    while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }};
};

TEST_P(Supervisors, KilledInAProgramWithThreadsCloseThePoolWithAdvice) {
  in_child([this] {
    make_pool(2);
    const Thread thread;
    const auto outcomes = outcomes_of_a_map_without_supervisor(*pool);
    EXPECT_TRUE(wrong(outcomes, [](std::size_t i) { return 7 * static_cast<int>(i); }).empty());
    EXPECT_FALSE(failed_with<PoolClosed>(outcomes).empty());
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      EXPECT_TRUE(outcomes[i].value || as<WorkerLost>(outcomes[i].error) || as<PoolClosed>(outcomes[i].error)) << i;
    }
    const auto error = thrown_by<PoolClosed>([&] { pool->apply(same, 1); });
    ASSERT_TRUE(error);
    EXPECT_THAT(error->what(), AllOf(HasSubstr("supervisor process was killed"), HasSubstr("processes::ForkServer")));
    pool.reset();
  });
}

TEST_P(Supervisors, KilledAreReplacedFromAForkServerInAProgramWithThreads) {
  in_child([this] {
    const ForkServer fork_server;
    const Thread thread;
    make_pool(3, {.attempts = 2});
    const auto outcomes = outcomes_of_a_map_without_supervisor(*pool);
    EXPECT_TRUE(wrong(outcomes, [](std::size_t i) { return 7 * static_cast<int>(i); }).empty());
    for (const auto& outcome : outcomes) EXPECT_TRUE(outcome.value);
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    pool.reset();
  });
}

TEST_P(Supervisors, StartedLaterHaveNoneOfTheProgramsNewHandlers) {
  in_child([this] {
    make_pool(1);
    std::signal(SIGSEGV, [](int) { never_end(0); });
    kill_supervisor_and_workers();
    EXPECT_EQ(pool->apply(same, 1), 1);
    const auto error = thrown_by<WorkerLost>([&] { pool->apply(die_by, SIGSEGV); });
    EXPECT_TRUE(error && error->status == (processes::ExitStatus{processes::ExitStatus::Kind::signalled, SIGSEGV}));
    pool.reset();
  });
}

TEST_P(Supervisors, OutliveTheirForkServerAndNoNewPoolHangs) {
  in_child([this] {
    const ForkServer fork_server;
    const pid_t fork_server_pid = only_child();
    make_pool(2, {.start_patience = std::chrono::hours(1)});
    strike(fork_server_pid, SIGKILL);
    wait_until([&] { return !runs(fork_server_pid); });
    EXPECT_EQ(pool->map(same, upto(100)), upto(100)) << "a pool does not need its fork server any more";
    EXPECT_THROW(ProcessPool(2, {.transport = GetParam()}), std::system_error);
    kill_supervisor_and_workers();
    EXPECT_THROW(pool->map(same, upto(100)), PoolClosed) << "another supervisor needs one";
    pool.reset();
  });
}

TEST_P(Supervisors, KilledAfterUnshareCloseThePoolAtOnce) {
  in_child([this] {
    make_pool(1, {.start_patience = std::chrono::hours(1)});
    if (unshare(CLONE_NEWPID) != 0) GTEST_SKIP() << "no right to make a PID namespace";
    kill_supervisor_and_workers();
    const auto error = thrown_by<PoolClosed>([&] { pool->apply(same, 1); });
    ASSERT_TRUE(error);
    EXPECT_THAT(error->what(), HasSubstr("PID namespace"));
    pool.reset();
  });
}

TEST_P(Supervisors, KilledWhileTheForkServerIsStoppedLetNoCallWaitLonger) {
  in_child([this] {
    const ForkServer fork_server;
    make_pool(2);
    strike(fork_server.pid(), SIGSTOP);
    kill_supervisor_and_workers();
    auto future = pool->map_async(same, upto(100));
    while (!pool->pids().empty()) EXPECT_FALSE(future.wait_for(std::chrono::milliseconds(10)));
    EXPECT_FALSE(future.wait_for(std::chrono::milliseconds(300)));
    // Signals that arrive more often than it waits must not prolong the wait.
    std::signal(SIGALRM, [](int) {});
    const itimerval often{{0, 20'000}, {0, 20'000}};
    setitimer(ITIMER_REAL, &often, nullptr);
    EXPECT_FALSE(future.wait_for(std::chrono::milliseconds(300)));
    const itimerval never{};
    setitimer(ITIMER_REAL, &never, nullptr);
    strike(fork_server.pid(), SIGCONT);
    EXPECT_EQ(future.get(), upto(100));
    pool.reset();
    wait_until([&] { return processes_of(fork_server.pid()) == 0; });  // no supervisor without a pool is left
  });
}

TEST_P(Supervisors, MadeWhileTheForkServerIsStoppedAreWaitedFor) {
  in_child([this] {
    const ForkServer fork_server;
    strike(fork_server.pid(), SIGSTOP);
    processes::Process other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      strike(fork_server.pid(), SIGCONT);
      return 0;
    });
    other.start();
    make_pool(1);
    EXPECT_TRUE(other.join().ok());
    EXPECT_EQ(pool->apply(same, 1), 1);
    pool.reset();
  });
}

/// Process 1 of a container, or a subreaper, adopts the workers.
TEST_P(Supervisors, KilledLeaveNoZombieToAProgramThatAdoptsOrphans) {
  for (const bool with_fork_server : {false, true}) {
    for (const auto disposition : {SIG_DFL, SIG_IGN}) {
      in_child([&] {
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        std::optional<ForkServer> fork_server;
        if (with_fork_server) fork_server.emplace();
        const pid_t own = fork();
        if (own == 0) _exit(3);
        wait_until([&] { return !runs(own); });
        make_pool(4, {.attempts = 9});
        std::signal(SIGCHLD, disposition);
        for (std::uint64_t kills = 1; kills <= scaled(5U, 50U); ++kills) {
          while (pool->pids().size() < 4) ASSERT_EQ(pool->map(same, upto(10)), upto(10));
          strike(supervisor_of(*pool), SIGKILL);
          while (pool->statistics().workers_lost < 4 * kills) ASSERT_EQ(pool->map(same, upto(10)), upto(10));
        }
        pool.reset();
        fork_server.reset();
        EXPECT_EQ(waitpid(own, nullptr, 0), own) << "the pool must reap only its own";
        EXPECT_TRUE(resources::children().empty());
      });
    }
  }
}

struct Family {
  std::atomic<pid_t> child = 0;
};

Family* family = nullptr;

TEST_P(Supervisors, KilledLeaveNoProcessOfAWorkerThatTheSystemDoesNotKill) {
  const SharedPage<Family> own;
  family = own.get();
  make_pool(1);
  const pid_t supervisor = supervisor_of(*pool);
  auto future = pool->apply_async(
      +[](int item) {
        prctl(PR_SET_PDEATHSIG, 0);  // as a change of the user does
        const pid_t child = fork();
        if (child != 0) family->child = child;
        return never_end(item);
      },
      1);
  wait_until([] { return family->child != 0; });
  strike(supervisor, SIGKILL);
  EXPECT_THROW(future.get(), WorkerLost);
  pool.reset();
  EXPECT_TRUE(reaped_all()) << "the worker's child lives";
}

WITH_BOTH_TRANSPORTS(Supervisors);

}  // namespace
}  // namespace faults::supervisors
