// What belongs to the host program and must not change: signals, children, files. And what tasks may do to theirs.
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <csignal>
#include <cstring>
#include <map>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"

namespace faults::host {
namespace {

using processes::ExitStatus;
using processes::ProcessPool;
using processes::Transport;
using processes::WorkerLost;

class Host : public PoolFaultTest {
 protected:
  /// Makes a pool, uses all of its features, and ends it.
  void live_through_a_pool() {
    make_pool(3);
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    EXPECT_THROW(pool->apply(die_by, SIGKILL), WorkerLost);
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    pool->close();
    pool->join();
    make_pool(2);
    auto endless = pool->apply_async(never_end, 1);
    pool.reset();
  }
};

/// The disposition of every signal in this process, and whether it is blocked.
std::vector<std::string> signal_dispositions() {
  std::vector<std::string> all;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Sig") && !line.starts_with("SigQ")) all.push_back(line);
  }
  for (int number = 1; number < SIGRTMIN; ++number) {
    struct sigaction action{};
    sigaction(number, nullptr, &action);
    all.push_back(std::to_string(number) + ": " + std::to_string(reinterpret_cast<std::uintptr_t>(action.sa_handler)) +
                  ", flags " + std::to_string(action.sa_flags));
  }
  return all;
}

class HostSignals : public Host {
 protected:
  void expect_no_change_with(void (*child_handler)(int), void (*pipe_handler)(int)) {
    struct sigaction action{};
    action.sa_handler = child_handler;
    sigaction(SIGCHLD, &action, &child_before_);
    action.sa_handler = pipe_handler;
    sigaction(SIGPIPE, &action, &pipe_before_);
    const auto before = signal_dispositions();
    live_through_a_pool();
    EXPECT_EQ(signal_dispositions(), before);
    sigaction(SIGCHLD, &child_before_, nullptr);
    sigaction(SIGPIPE, &pipe_before_, nullptr);
  }

 private:
  struct sigaction child_before_{};
  struct sigaction pipe_before_{};
};

TEST_P(HostSignals, StayAsTheyWereByDefault) { expect_no_change_with(SIG_DFL, SIG_DFL); }

TEST_P(HostSignals, StayIgnored) { expect_no_change_with(SIG_IGN, SIG_IGN); }

TEST_P(HostSignals, StayHandled) {
  expect_no_change_with([](int) {}, [](int) {});
}

TEST_P(HostSignals, OfItsTerminalDoNotReachItsWorkers) {
  // Ctrl-C goes to all processes of the terminal's foreground group.
  in_child([this] {
    ASSERT_EQ(setpgid(0, 0), 0);
    std::signal(SIGINT, SIG_DFL);  // a shell makes background jobs ignore it
    make_pool(2);
    std::signal(SIGINT, [](int) {});
    for (int round = 0; round < 20; ++round) {
      auto future = pool->map_async(same, upto(100), {.chunk = 3});
      ::kill(-getpgrp(), SIGINT);
      EXPECT_EQ(future.get(), upto(100));
    }
    EXPECT_EQ(pool->statistics().workers_lost, 0U);
    pool.reset();
  });
}

TEST_P(HostSignals, ThatItHandlesOrBlocksEndAWorkerThatRaisesThemAndAreNotBlockedInIt) {
  in_child([this] {
    std::signal(SIGTERM, [](int) {});
    std::signal(SIGUSR1, [](int) {});
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_BLOCK, &blocked, nullptr);
    make_pool(1);
    const auto blocks_none = +[](int) {
      sigset_t set;
      sigprocmask(SIG_BLOCK, nullptr, &set);
      return sigisemptyset(&set);
    };
    EXPECT_EQ(pool->apply(blocks_none, 0), 1);
    for (const int number : {SIGTERM, SIGUSR1, SIGUSR2}) {
      const auto error = thrown_by<WorkerLost>([&] { pool->apply(die_by, number); });
      EXPECT_TRUE(error && error->status == (ExitStatus{ExitStatus::Kind::signalled, number})) << strsignal(number);
    }
    pool.reset();
  });
}

TEST_P(Host, ReapsItsOwnChildren) {
  std::map<pid_t, int> codes;
  const auto start = [&](int code) {
    const pid_t child = fork();
    if (child == 0) _exit(code);
    codes[child] = code;
  };
  start(11);
  make_pool(2);
  start(12);
  EXPECT_THROW(pool->apply(die_by, SIGKILL), WorkerLost);
  EXPECT_EQ(pool->map(same, upto(100)), upto(100));
  start(13);
  pool.reset();
  live_through_a_pool();
  for (const auto& [child, code] : codes) {
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(processes::exit_status_of(status), (ExitStatus{ExitStatus::Kind::exited, code}));
  }
}

TEST_P(Host, ThatReapsAllChildrenDoesNotAffectThePool) {
  // Like a program that waits for any child in a SIGCHLD handler.
  std::signal(SIGCHLD, [](int) {
    const int error = errno;
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    errno = error;
  });
  live_through_a_pool();
  make_pool(1);
  const auto error = thrown_by<WorkerLost>([&] { pool->apply(die_by, SIGTERM); });
  EXPECT_TRUE(error && error->status == (ExitStatus{ExitStatus::Kind::signalled, SIGTERM}));
  pool.reset();
  std::signal(SIGCHLD, SIG_DFL);
}

TEST_P(Host, WhoseChildrenLeaveNoStatusTakesNothingFromThePool) {
  for (const bool with_fork_server : {false, true}) {
    in_child([&] {
      struct sigaction action{};
      action.sa_handler = SIG_DFL;
      action.sa_flags = SA_NOCLDWAIT;
      sigaction(SIGCHLD, &action, nullptr);
      std::optional<processes::ForkServer> fork_server;
      if (with_fork_server) fork_server.emplace();
      live_through_a_pool();
      make_pool(1);
      const auto error = thrown_by<WorkerLost>([&] { pool->apply(die_by, SIGTERM); });
      EXPECT_TRUE(error && error->status == (ExitStatus{ExitStatus::Kind::signalled, SIGTERM}));
      pool.reset();
    });
  }
}

TEST_P(Host, HasTheOnlyCopyOfItsDescriptors) {
  in_child([this] {
    for (const bool with_fork_server : {false, true}) {
      auto pipe = processes::Pipe::open();
      std::optional<processes::ForkServer> fork_server;
      if (with_fork_server) fork_server.emplace();
      make_pool(2);
      auto another = processes::Pipe::open();
      auto busy = pool->apply_async(never_end, 1);
      EXPECT_THROW(pool->apply(die_by, SIGKILL), WorkerLost);
      EXPECT_EQ(pool->apply(same, 1), 1);
      for (auto* const one : {&pipe, &another}) {
        one->writer.close();
        char byte = 0;
        EXPECT_FALSE(processes::read_all(one->reader, &byte, 1)) << "the stream ends when this process closes its end";
      }
      pool.reset();
    }
  });
}

TEST_P(Host, HasNoFilesOfAPool) {
  in_child([this] {
    // Mounts empty folders where files could be left; only this process and its children see them.
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", "/dev/shm", "tmpfs", 0, nullptr) != 0 || mount("none", "/tmp", "tmpfs", 0, nullptr) != 0) {
      GTEST_SKIP() << "not permitted to mount";
    }
    live_through_a_pool();
    EXPECT_EQ(resources::entries("/dev/shm"), 0);
    EXPECT_EQ(resources::entries("/tmp"), 0);
  });
}

WITH_BOTH_TRANSPORTS(Host);
WITH_BOTH_TRANSPORTS(HostSignals);

class Tasks : public PoolFaultTest {
 protected:
  /// CPU time of this process.
  static std::chrono::nanoseconds processor_time() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }

  /// How often this process has blocked.
  static long waits() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nvcsw;  // NOLINT(cppcoreguidelines-pro-type-union-access): the C library's declaration
  }
};

int close_everything(int x) {
  for (int descriptor = 3; descriptor < 1024; ++descriptor) close(descriptor);
  return x;
}

TEST_P(Tasks, ThatCloseTheirWorkersDescriptorsLoseNoOtherTask) {
  make_pool(2);
  for (int round = 0; round < 5; ++round) {
    auto closer = pool->apply_async(close_everything, 1);
    if (GetParam() == Transport::shared) {
      EXPECT_EQ(closer.get(), 1) << "its outcome is in shared memory";
    } else {
      EXPECT_THROW(closer.get(), WorkerLost);
    }
    EXPECT_EQ(pool->map(same, upto(100), {.chunk = 3}), upto(100));
  }
}

/// Large results fill half of the ring within a chunk; the time lets the program fall asleep meanwhile.
std::vector<int> close_everything_first(int x) {
  if (x == 0) close_everything(x);
  std::this_thread::sleep_for(std::chrono::milliseconds(3));
  std::vector<int> large(50'000, x);
  return large;
}

TEST_P(Tasks, ThatCloseTheirWorkersDescriptorsMixNoOutcomes) {
  make_pool(1);
  const auto outcomes = pool->map_async(close_everything_first, upto(12), {.chunk = 12}).outcomes();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (i == 0 && GetParam() == Transport::pipe) {
      EXPECT_TRUE(as<WorkerLost>(outcomes[i].error)) << "it could not send its outcome";
    } else {
      EXPECT_EQ(outcomes[i].value, std::vector<int>(50'000, static_cast<int>(i))) << i;
    }
  }
}

TEST_P(Tasks, ThatCloseTheirWorkersDescriptorsLaterKeepNoCpuBusy) {
  make_pool(2);
  const auto close_later = +[](int x) {
    std::thread([x] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      close_everything(x);
      never_end(x);
    }).detach();
    return x;
  };
  const auto sleep_long = +[](int x) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    return x;
  };
  auto future = pool->apply_async(sleep_long, 2);
  EXPECT_EQ(pool->apply(close_later, 1), 1);  // in the other worker
  const auto before = processor_time();
  const long waits_before = waits();
  EXPECT_EQ(future.get(), 2);
  EXPECT_LT(processor_time() - before, std::chrono::milliseconds(150));
  EXPECT_LT(waits() - waits_before, 100) << "ten checks a second, and messages";
}

TEST_P(Tasks, ThatForkAndReturnInTheChildAnswerOnce) {
  make_pool(1);
  const auto fork_and_return = +[](int x) {
    const pid_t child = fork();
    if (child > 0) waitpid(child, nullptr, 0);
    return child > 0 ? x : -1;
  };
  EXPECT_EQ(pool->map(fork_and_return, upto(5), {.chunk = 1}), upto(5));
  const auto fork_and_throw = +[](int x) -> int {
    const pid_t child = fork();
    if (child > 0) waitpid(child, nullptr, 0);
    if (child > 0) throw x;
    throw "the child";
  };
  for (const auto& outcome : pool->map_async(fork_and_throw, upto(5)).outcomes()) {
    const auto error = as<processes::TaskError>(outcome.error);
    EXPECT_TRUE(error && error->type == "int");
  }
  EXPECT_EQ(pool->statistics().workers_lost, 0U);
}

WITH_BOTH_TRANSPORTS(Tasks);

}  // namespace
}  // namespace faults::host
