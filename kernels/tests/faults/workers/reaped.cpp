// The number of a worker that its supervisor has reaped, which is another process's from then on.
#include <linux/sched.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <memory>
#include <tuple>
#include <utility>

#include "faults/fault_test.hpp"
#include "processes/workers/supervisor.hpp"
#include "processes/workers/supervisor_process.hpp"
#include "seccomp.hpp"

namespace faults::reaped {
namespace {

using processes::PacketSocket;
using processes::SupervisorEvent;

/// A process of that number, which is free.
pid_t fork_as(pid_t number) {
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  arguments.set_tid = reinterpret_cast<std::uint64_t>(&number);
  arguments.set_tid_size = 1;
  return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

bool exists(pid_t number) { return ::kill(number, 0) == 0; }

/// A supervisor, and the program's end of its socket, which is read only on request.
class Program {
 public:
  Program() {
    PacketSocket other;
    std::tie(socket_, other) = PacketSocket::open_pair();
    const int least = 1;  // so that a few events that nobody reads fill it
    ::setsockopt(other.descriptor().get(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
    supervisor_.emplace([&other] {
      processes::serve_only(other.descriptor(), {});
      return processes::run_supervisor(std::move(other));
    });
    supervisor_->start();
    other.close();
    std::string settings;
    processes::Encoder encoder(settings);
    processes::supervisor::put(encoder, {{}, ::getpid(), {}}, {});
    EXPECT_TRUE(socket_.send(settings, {board_.memory().file().get()}, true));
    static_cast<void>(processes::wait_until_begun(socket_, "a supervisor"));
  }

  pid_t begin_worker() {
    using processes::supervisor::Request;
    channels_.push_back(processes::Channel::open({}));
    const Request request{Request::Kind::begin, channels_.size(), channels_.back()->memory_size()};
    EXPECT_TRUE(socket_.send({reinterpret_cast<const char*>(&request), sizeof request},
                             channels_.back()->worker_descriptors(), true));
    processes::Packet packet;
    SupervisorEvent event;
    EXPECT_EQ(socket_.receive(packet, true), PacketSocket::Received::packet);
    std::memcpy(&event, packet.bytes.data(), sizeof event);
    EXPECT_EQ(event.kind, SupervisorEvent::Kind::begun);
    return static_cast<pid_t>(event.value);
  }

  void leave() {
    ::shutdown(socket_.descriptor().get(), SHUT_RDWR);  // what was forked since holds a copy
    socket_.close();
    EXPECT_TRUE(supervisor_->join().ok());
  }

 private:
  processes::CallBoard board_;
  PacketSocket socket_;
  std::optional<processes::Process> supervisor_;
  std::vector<std::unique_ptr<processes::Channel>> channels_;
};

/// In a namespace of numbers that nobody else takes.
void expect_others_to_live() {
  Program program;
  std::vector<pid_t> workers(16);
  for (pid_t& worker : workers) worker = program.begin_worker();
  for (const pid_t worker : workers) strike(worker, SIGKILL);
  // The supervisor reaps them all, though the program reads nothing of it.
  wait_until([&] { return std::ranges::none_of(workers, exists); });
  std::vector<pid_t> others;
  for (const pid_t worker : workers) {
    const pid_t other = fork_as(worker);
    if (other == 0) never_end(0);
    if (other < 0 && errno == EPERM) GTEST_SKIP() << "no right to choose a process's number";
    ASSERT_EQ(other, worker) << strerror(errno);
    others.push_back(other);
  }
  program.leave();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // as long as who was killed may take to end
  for (const pid_t other : others) EXPECT_EQ(waitpid(other, nullptr, WNOHANG), 0) << other;
}

/// Ends a Process that the system reaps, and gives its number to another child of this program.
template <class Check>
void with_a_stranger(const Check& check) {
  if (!seccomp::works()) GTEST_SKIP() << "no seccomp filters here";
  for (const bool with_pidfds : {true, false}) {
    as_process_1([&] {
      ::signal(SIGCHLD, SIG_IGN);
      ASSERT_TRUE(with_pidfds || seccomp::deny({SYS_pidfd_open, SYS_pidfd_send_signal}, EPERM));
      std::optional<processes::Process> process([] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));  // until start() has returned
        return 0;
      });
      process->start();
      wait_until([&] { return !exists(process->pid()); });
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a later tick of the system's clock
      const pid_t stranger = fork_as(process->pid());
      if (stranger == 0) never_end(0);
      if (stranger < 0) GTEST_SKIP() << "no process number can be chosen here: " << strerror(errno);
      check(process);
      EXPECT_EQ(waitpid(stranger, nullptr, WNOHANG), 0) << (with_pidfds ? "with" : "without") << " pidfds";
    });
  }
}

class Reaped : public FaultTest {};

TEST_F(Reaped, NumberIsNotWaitedFor) {
  with_a_stranger([](auto& process) { EXPECT_EQ(process->join().kind, processes::ExitStatus::Kind::unknown); });
}

TEST_F(Reaped, NumberGetsNoSignal) {
  with_a_stranger([](auto& process) {
    process->signal(SIGKILL);
    process.reset();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // as long as who was killed may take to end
  });
}

/// A child that has ended, for a handle that means another one.
TEST_F(Reaped, NumberIsNotReapedAgain) {
  if (!seccomp::works()) GTEST_SKIP() << "no seccomp filters here";
  for (const bool with_pidfds : {true, false}) {
    as_process_1([&] {
      ASSERT_TRUE(with_pidfds || seccomp::deny({SYS_pidfd_open}, EPERM));
      const auto ended = [](pid_t child) {
        siginfo_t found{};
        return waitid(P_PID, static_cast<id_t>(child), &found, WEXITED | WNOWAIT) == 0;
      };
      const pid_t child = fork();
      if (child == 0) _exit(0);
      const processes::ProcessHandle handle(child);
      EXPECT_EQ(bool{handle.descriptor()}, with_pidfds);
      ASSERT_TRUE(ended(child));
      handle.reap_if_child();
      EXPECT_EQ(waitpid(child, nullptr, WNOHANG), -1) << "its own child was not reaped";
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a later tick of the system's clock
      const pid_t stranger = fork_as(child);
      if (stranger == 0) _exit(0);
      if (stranger < 0) GTEST_SKIP() << "no process number can be chosen here: " << strerror(errno);
      ASSERT_TRUE(ended(stranger));
      handle.reap_if_child();
      EXPECT_EQ(waitpid(stranger, nullptr, WNOHANG), stranger) << (with_pidfds ? "with" : "without") << " pidfds";
    });
  }
}

TEST_F(Reaped, NumbersAreNotTheWorkersAnyMore) { as_process_1(expect_others_to_live); }

}  // namespace
}  // namespace faults::reaped
