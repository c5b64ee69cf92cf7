// Stops the supervisor of a pool with SIGSTOP.
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <system_error>
#include <vector>

#include "faults/fault_test.hpp"
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
