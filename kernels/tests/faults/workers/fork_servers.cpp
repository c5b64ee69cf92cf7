// The end of a fork server; one without memory; and one that is stopped while many threads ask it for supervisors.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "faults/fault_test.hpp"
#include "faults/workers/rejected_packets.hpp"
#include "processes/fork_server.hpp"
#include "processes/workers/supervisor_events.hpp"
#include "sanitized.hpp"

namespace faults::fork_servers {
namespace {

/// The process whose packets find no memory if they have descriptors or text, for which send() or its caller allocates.
std::atomic<pid_t>* without_memory = nullptr;

bool finds_no_memory(const msghdr& message) {
  if (without_memory == nullptr || *without_memory != getpid()) return false;
  return message.msg_controllen > 0 || message.msg_iov->iov_len > sizeof(processes::SupervisorEvent);
}

}  // namespace
}  // namespace faults::fork_servers

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
/// Replaces the C library's function in this program.
extern "C" ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  static const auto real = reinterpret_cast<ssize_t (*)(int, const msghdr*, int)>(::dlsym(RTLD_NEXT, "sendmsg"));
  if (faults::fork_servers::finds_no_memory(*message)) throw std::bad_alloc();
  if (faults::is_rejected(*message)) {
    errno = ENOBUFS;
    return -1;
  }
  return real(socket, message, flags);
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)

namespace faults::fork_servers {
namespace {

using processes::ForkServer;
using processes::Process;
using processes::ProcessPool;

/// Ends a child of the test that waits forever, long before the test's own watchdog.
constexpr unsigned longest_wait_s = 20;

class LoneForkServers : public FaultTest {};

TEST_F(LoneForkServers, EndAfterTheProgramDroppedItsPrivileges) {
  if (getuid() != 0) GTEST_SKIP() << "only root can become another user";
  for (const bool stopped : {false, true}) {
    in_child([&] {
      alarm(longest_wait_s);
      std::optional<ForkServer> fork_server(std::in_place);
      const pid_t pid = fork_server->pid();
      if (stopped) strike(pid, SIGSTOP);
      if (!drop_privileges()) GTEST_SKIP() << "no right to become another user";
      fork_server.reset();
      EXPECT_EQ(state_of(pid).letter, 'X');
    });
  }
}

TEST_F(LoneForkServers, ThatCanBeNeitherResumedNorKilledAreNotWaitedFor) {
  if (getuid() != 0) GTEST_SKIP() << "only root can become another user";
  const SharedPage<std::atomic<pid_t>> to_resume;
  in_child([&] {
    Process privileged([&] {
      wait_until([&] { return *to_resume != 0; });
      strike(*to_resume, SIGCONT);
      return 0;
    });
    privileged.start();
    std::optional<ForkServer> fork_server(std::in_place);
    const pid_t pid = fork_server->pid();
    strike(pid, SIGSTOP);
    setsid();  // any user may resume the processes of the own session
    const bool dropped = drop_privileges();
    alarm(longest_wait_s);
    fork_server.reset();
    if (dropped) {
      EXPECT_EQ(state_of(pid).letter, 'T');
    }
    *to_resume = pid;
    EXPECT_TRUE(privileged.join().ok());
    if (!dropped) GTEST_SKIP() << "no right to become another user";
  });
}

/// Each would wait for all before it: 20 s in all. They wait 0.1 s.
TEST_F(LoneForkServers, ThatAreStoppedDelayNoThreadByAnother) {
  in_child([] {
    const ForkServer fork_server;
    strike(fork_server.pid(), SIGSTOP);
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 200; ++i) {
        threads.emplace_back([&] { EXPECT_FALSE(fork_server.begin_supervisor()); });
      }
    }
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(15));
    strike(fork_server.pid(), SIGCONT);
    std::optional<processes::PacketSocket> socket;
    while (!socket) socket = fork_server.begin_supervisor();
  });
}

TEST_F(LoneForkServers, ThatEndTellThreadsThatAskThem) {
  in_child([] {
    alarm(longest_wait_s);
    std::optional<ForkServer> fork_server(std::in_place);
    strike(fork_server->pid(), SIGSTOP);
    std::atomic<int> asking = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto asked = ForkServer::current();
        const auto error = thrown_by<processes::NeverStarts>([&] {
          static_cast<void>(asked->begin_supervisor());
          ++asking;
          while (!asked->begin_supervisor()) {
          }
        });
        ASSERT_TRUE(error);
        EXPECT_EQ(error->code(), std::errc::broken_pipe) << error->what();
      });
    }
    wait_until([&] { return asking == 4; });
    fork_server.reset();
    EXPECT_EQ(ForkServer::current(), nullptr);
  });
}

TEST_F(LoneForkServers, OfAParentLeaveNoDescriptorToAForkedChildThatDestroysItsCopy) {
  in_child([] {
    const resources::Snapshot before;
    std::optional<ForkServer> fork_server(std::in_place);
    const pid_t child = fork();
    if (child == 0) {
      fork_server.reset();
      _exit(resources::Snapshot().descriptors == before.descriptors ? 0 : 1);
    }
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << "the child keeps descriptors of its parent's fork server";
  });
}

class ForkServers : public PoolFaultTest {};

/// A subreaper, as process 1 of a container is, adopts what the fork server leaves.
TEST_P(ForkServers, LeaveNoSupervisorToAProgramThatAdoptsOrphans) {
  for (const bool stopped : {false, true}) {
    in_child([&] {
      prctl(PR_SET_CHILD_SUBREAPER, 1);
      for (int round = 0; round < scaled(5, 50); ++round) {
        const ForkServer fork_server;
        for (int pools = 0; pools < 3; ++pools) {
          ProcessPool own(1, {.transport = GetParam()});
          EXPECT_EQ(own.apply(same, 1), 1);
          if (stopped) strike(fork_server.pid(), SIGSTOP);
          if (stopped) break;
        }
      }
      EXPECT_TRUE(resources::children().empty());
    });
  }
}

/// A pool that outlives its fork server has a supervisor that becomes the program's child.
TEST_P(ForkServers, ThatEndFirstLeaveNoZombieToAProgramThatAdoptsOrphans) {
  for (const bool killed : {false, true}) {
    in_child([&] {
      prctl(PR_SET_CHILD_SUBREAPER, 1);
      std::optional<ForkServer> fork_server(std::in_place);
      make_pool(2);
      if (killed) {
        strike(fork_server->pid(), SIGKILL);
        wait_until([&] { return !runs(fork_server->pid()); });
      } else {
        fork_server.reset();
      }
      EXPECT_EQ(pool->apply(same, 1), 1);
      pool.reset();
      fork_server.reset();
      EXPECT_TRUE(resources::children().empty());
    });
  }
}

/// The process of the fork server, at its next fork; 0: none.
std::atomic<pid_t>* stops_at_fork = nullptr;

void stop_here() {
  pid_t here = getpid();
  if (stops_at_fork != nullptr && stops_at_fork->compare_exchange_strong(here, 0)) raise(SIGSTOP);
}

/// It has answered, and the supervisor will begin later.
TEST_P(ForkServers, ThatAreStoppedAtAForkLetNoCallWait) {
  const SharedPage<std::atomic<pid_t>> page;
  stops_at_fork = page.get();
  in_child([this] {
    pthread_atfork(stop_here, nullptr, nullptr);
    const ForkServer fork_server;
    const auto is_stopped = [&] { return state_of(fork_server.pid()).letter == 'T'; };
    for (const bool goes_on : {true, false}) {
      make_pool(1);
      Process helper([&] {  // ends the test if the pool waits
        wait_until(is_stopped);
        std::this_thread::sleep_for(std::chrono::seconds(longest_wait_s / 2));
        strike(fork_server.pid(), SIGCONT);
        return 0;
      });
      helper.start();
      *stops_at_fork = fork_server.pid();
      const pid_t worker = pool->pids().front();
      strike(state_of(worker).parent, SIGKILL);
      wait_until([&] { return !runs(worker); });
      auto future = pool->apply_async(same, 1);
      while (!is_stopped() && !future.wait_for(std::chrono::milliseconds(10))) {
      }
      for (int i = 0; i < 5; ++i) EXPECT_FALSE(future.wait_for(std::chrono::milliseconds(10)));
      EXPECT_TRUE(is_stopped()) << "a call has waited until it went on";
      if (!goes_on) pool.reset();
      EXPECT_TRUE(is_stopped()) << "the end of a pool has waited until it went on";
      strike(fork_server.pid(), SIGCONT);
      if (goes_on) {
        EXPECT_EQ(future.get(), 1);
      }
    }
    // The supervisor that no pool waits for ends by itself.
    make_pool(1);
    wait_until([&] { return resources::children(fork_server.pid()).size() == 1; });
    EXPECT_EQ(pool->apply(same, 1), 1);
    pool.reset();
  });
  stops_at_fork = nullptr;
}

TEST_P(ForkServers, EndBeforeTheirPools) {
  in_child([this] {
    std::optional<ForkServer> fork_server(std::in_place);
    const pid_t pid = fork_server->pid();
    make_pool(2);
    const auto workers = pool->pids();
    fork_server.reset();
    EXPECT_EQ(state_of(pid).letter, 'X');
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    EXPECT_EQ(pool->pids(), workers);
    EXPECT_EQ(pool->statistics().workers_lost, 0U);
    pool.reset();
  });
}

TEST_P(ForkServers, DoNotEndWithACopyOfTheProgram) {
  in_child([this] {
    std::optional<ForkServer> fork_server(std::in_place);
    const pid_t child = fork();
    if (child == 0) {
      fork_server.reset();
      _exit(0);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    make_pool(1);
    EXPECT_EQ(pool->apply(same, 1), 1);
    pool.reset();
  });
}

TEST_P(ForkServers, WithoutMemorySaySoAndGoOn) {
  if (sanitized::addresses) GTEST_SKIP() << "a sanitizer needs descriptors itself, to inspect objects";
  const SharedPage<std::atomic<pid_t>> page;
  without_memory = page.get();
  in_child([this] {
    const ForkServer fork_server;
    const auto expect_no_memory = [&] {
      const auto error = thrown_by<std::system_error>([this] { make_pool(1); });
      ASSERT_TRUE(error);
      EXPECT_EQ(error->code(), std::errc::not_enough_memory) << error->what();
    };
    *without_memory = fork_server.pid();
    for (int i = 0; i < 3; ++i) expect_no_memory();
    // Nor for the text of an error.
    rlimit before{};
    ASSERT_EQ(prlimit(fork_server.pid(), RLIMIT_NOFILE, nullptr, &before), 0);
    const rlimit few{.rlim_cur = 4, .rlim_max = before.rlim_max};
    ASSERT_EQ(prlimit(fork_server.pid(), RLIMIT_NOFILE, &few, nullptr), 0);
    expect_no_memory();
    *without_memory = 0;
    const auto error = thrown_by<std::system_error>([this] { make_pool(1); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), std::errc::too_many_files_open) << error->what();
    ASSERT_EQ(prlimit(fork_server.pid(), RLIMIT_NOFILE, &before, nullptr), 0);
    make_pool(1);
    EXPECT_EQ(pool->apply(same, 1), 1);
    pool.reset();
  });
  without_memory = nullptr;
}

WITH_BOTH_TRANSPORTS(ForkServers);

}  // namespace
}  // namespace faults::fork_servers
