// Stops the supervisor of a pool with SIGSTOP.
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"
#include "processes/workers/supervisor.hpp"

namespace faults::stopped_supervisors {
namespace {

using processes::WorkerLost;

class StoppedSupervisors : public PoolFaultTest {};

/// 0 and 1 stop the supervisor and never end, or end their worker.
int stop_the_supervisor(int item) {
  if (item > 1) return item;
  strike(getppid(), SIGSTOP);
  return item == 0 ? never_end(0) : die_by(SIGABRT);
}

TEST_P(StoppedSupervisors, DelayNeitherDeadlinesNorDeaths) {
  make_pool(2);
  const auto outcomes =
      pool->map_async(stop_the_supervisor, {0, 2, 3}, {.chunk = 1, .deadline = std::chrono::milliseconds(200)})
          .outcomes();
  EXPECT_TRUE(as<processes::DeadlineExceeded>(outcomes[0].error));
  EXPECT_THROW(pool->apply(stop_the_supervisor, 1), WorkerLost);
  EXPECT_EQ(pool->map(stop_the_supervisor, {2, 3}), (std::vector<int>{2, 3}));
}

TEST_P(StoppedSupervisors, ThatCanBeNeitherResumedNorKilledAreNotWaitedFor) {
  if (getuid() != 0) GTEST_SKIP() << "only root can become another user";
  for (const bool by_fork_server : {false, true}) {
    const SharedPage<std::atomic<pid_t>> to_resume;
    in_child([&] {
      processes::Process privileged([&] {
        wait_until([&] { return *to_resume != 0; });
        strike(*to_resume, SIGCONT);
        return 0;
      });
      privileged.start();
      std::optional<processes::ForkServer> fork_server;
      if (by_fork_server) fork_server.emplace();
      make_pool(1);
      const pid_t supervisor = state_of(pool->pids().front()).parent;
      strike(supervisor, SIGSTOP);
      setsid();  // any user may resume the processes of the own session
      const bool dropped = drop_privileges();
      constexpr unsigned longest_wait_s = 20;
      alarm(longest_wait_s);
      pool.reset();
      if (dropped) {
        EXPECT_EQ(state_of(supervisor).letter, 'T');
      }
      *to_resume = supervisor;
      EXPECT_TRUE(privileged.join().ok());
      if (!dropped) GTEST_SKIP() << "no right to become another user";
    });
  }
}

WITH_BOTH_TRANSPORTS(StoppedSupervisors);

class StoppedSupervisor : public FaultTest {};

TEST_F(StoppedSupervisor, LetsNoRequestWait) {
  constexpr std::uint64_t workers = 8;
  const processes::CallBoard board;
  processes::Supervisor supervisor;
  supervisor.start({}, {}, board, {}, true);
  supervisor.wait_until_begun();
  const pid_t pid = only_child();
  std::vector<std::unique_ptr<processes::Channel>> channels;
  const auto begin_worker = [&] {
    channels.push_back(processes::Channel::open({}));
    supervisor.begin_worker(channels.size(), *channels.back(), false);
  };
  for (std::uint64_t i = 0; i < workers; ++i) {
    begin_worker();
    ASSERT_EQ(supervisor.next_event(true)->kind, processes::SupervisorEvent::Kind::begun);
  }
  const int least = 1;  // so that a few requests fill the socket
  setsockopt(supervisor.descriptor().get(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
  strike(pid, SIGSTOP);
  const auto full = thrown_by<std::system_error>([&] {
    while (true) begin_worker();
  });
  ASSERT_EQ(full->code().value(), EBUSY);
  for (std::uint64_t worker = 1; worker <= workers; ++worker) supervisor.kill_worker(worker);
  strike(pid, SIGCONT);
  std::uint64_t ended = 0;
  while (ended < workers) {
    const auto event = supervisor.next_event(true);
    ASSERT_NE(event->kind, processes::SupervisorEvent::Kind::supervisor_ended);
    if (event->kind == processes::SupervisorEvent::Kind::ended && event->worker <= workers) ++ended;
  }
  supervisor.stop();
}

}  // namespace
}  // namespace faults::stopped_supervisors
