// Signals to the program's process group and to every process: the program must handle them, not the pool.
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"

namespace faults::groups {
namespace {

using processes::ExitStatus;
using processes::WorkerLost;

struct Family {
  std::atomic<pid_t> worker = 0;
  std::atomic<pid_t> daemon = 0;
};

Family* family = nullptr;

/// Starts a daemon that ignores all signals that can be ignored.
int leave_a_stubborn_daemon(int item) {
  family->worker = getpid();
  if (fork() == 0) {
    setsid();
    for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGQUIT}) std::signal(number, SIG_IGN);
    if (fork() != 0) _exit(0);
    family->daemon = getpid();
    never_end(0);
  }
  wait_until([] { return family->daemon != 0; });
  return item;
}

struct Calls {
  std::atomic<pid_t> program = 0;
  std::atomic<long> in_program = 0;
  std::atomic<long> elsewhere = 0;
  std::atomic<bool> enough = false;
};

/// Of the program's signal handler.
Calls* calls = nullptr;

void count_call(int /*number*/) { ++(getpid() == calls->program ? calls->in_program : calls->elsewhere); }

/// Runs a program in its own process group that handles a signal. Another process of the group sends it to the group
/// all the time.
void expect_calls_in_the_program_only(const std::function<void()>& act) {
  const SharedPage<Calls> page;
  calls = page.get();
  in_child([&] {
    ASSERT_EQ(setpgid(0, 0), 0);
    const pid_t program = getpid();
    calls->program = program;
    std::signal(SIGUSR1, count_call);
    const pid_t sender = fork();
    ASSERT_GE(sender, 0);
    if (sender == 0) {
      std::signal(SIGUSR1, SIG_IGN);
      while (!calls->enough && getppid() == program) {
        ::kill(-program, SIGUSR1);
        std::this_thread::sleep_for(std::chrono::microseconds(300));
      }
      _exit(0);
    }
    for (int round = 0; round < scaled(300, 3000); ++round) act();
    calls->enough = true;
    EXPECT_TRUE(reaped_all());
  });
  EXPECT_GT(page->in_program, 0);
  EXPECT_EQ(page->elsewhere, 0);
}

int nap(int item) {
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  return item;
}

class Groups : public PoolFaultTest {
 protected:
  /// Runs a program in its own process group, as a shell does, with its signal handling; then makes a pool. A signal is
  /// sent repeatedly while tasks run.
  void expect_tasks_to_go_on(int number, const std::function<void()>& prepare, bool to_everybody) {
    for (const bool with_fork_server : {false, true}) {
      in_child([&] {
        ASSERT_EQ(setpgid(0, 0), 0);
        std::optional<processes::ForkServer> fork_server;
        if (with_fork_server) fork_server.emplace();
        prepare();
        make_pool(2);
        for (int round = 0; round < 10; ++round) {
          auto future = pool->map_async(nap, upto(20), {.chunk = 3});
          ::kill(-getpgrp(), number);
          if (to_everybody) {
            for (const pid_t each : resources::descendants()) ::kill(each, number);
          }
          EXPECT_EQ(future.get(), upto(20));
        }
        EXPECT_EQ(pool->statistics().workers_lost, 0U);
        pool.reset();
      });
    }
  }

  SharedPage<Family> page;
};

TEST_P(Groups, GetSignalsThatTheProgramIgnores) {
  for (const int number : {SIGHUP, SIGTERM, SIGUSR1}) {
    expect_tasks_to_go_on(number, [number] { std::signal(number, SIG_IGN); }, true);
  }
}

TEST_P(Groups, GetSignalsThatTheProgramHandles) {
  for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGUSR2}) {
    expect_tasks_to_go_on(number, [number] { std::signal(number, [](int) {}); }, true);
  }
}

TEST_P(Groups, GetSignalsThatTheProgramWaitsFor) {
  const auto block = [] {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, nullptr);
  };
  expect_tasks_to_go_on(SIGTERM, block, true);
}

TEST_P(Groups, GetSignalsWhileAPoolStartsAndOnlyTheProgramHandlesThem) {
  expect_calls_in_the_program_only([this] {
    make_pool(1);
    pool.reset();
  });
}

TEST_P(Groups, GetSignalsWhileAForkServerStartsAndOnlyTheProgramHandlesThem) {
  expect_calls_in_the_program_only([] { const processes::ForkServer fork_server; });
}

TEST_P(Groups, ThatASignalEndsLeaveNoTaskAndNoDaemon) {
  family = page.get();
  for (const int number : {SIGTERM, SIGQUIT, SIGHUP, SIGKILL}) {
    for (const bool with_fork_server : {false, true}) {
      page->daemon = 0;
      const pid_t program = fork();
      ASSERT_GE(program, 0);
      if (program == 0) {
        setpgid(0, 0);
        std::optional<processes::ForkServer> fork_server;
        if (with_fork_server) fork_server.emplace();
        make_pool(2);
        pool->apply(leave_a_stubborn_daemon, 1);
        never_end(pool->apply(never_end, 1));
      }
      wait_until([&] { return page->daemon != 0; });
      // As a service manager sends it to all processes of a service.
      if (number != SIGKILL) strike(state_of(page->worker).parent, number);
      ::kill(-program, number);
      EXPECT_TRUE(reaped_all());
      EXPECT_FALSE(runs(page->daemon)) << strsignal(number);
      EXPECT_FALSE(runs(page->worker)) << strsignal(number);
    }
  }
}

TEST_P(Groups, ATasksWriteFailsIfTheProgramIgnoresSigpipe) {
  in_child([this] {
    std::signal(SIGPIPE, SIG_IGN);
    make_pool(1);
    const auto write_to_nobody = +[](int) {
      auto pipe = processes::Pipe::open();
      pipe.reader.close();
      return ::write(pipe.writer.get(), "x", 1) < 0 ? errno : 0;
    };
    EXPECT_EQ(pool->apply(write_to_nobody, 0), EPIPE);
    pool.reset();
  });
}

TEST_P(Groups, AWritesErrorIsTheTasksHoweverTheProgramKeepsItsSignalAway) {
  const std::vector<std::function<void(int)>> ways{
      [](int number) { std::signal(number, SIG_IGN); },
      [](int number) {
        struct sigaction action{};
        action.sa_handler = SIG_IGN;
        action.sa_flags = SA_SIGINFO;  // whatever this says
        sigaction(number, &action, nullptr);
      },
      [](int number) { std::signal(number, [](int) {}); },
      [](int number) {
        sigset_t blocked;
        sigemptyset(&blocked);
        sigaddset(&blocked, number);
        sigprocmask(SIG_BLOCK, &blocked, nullptr);
      },
  };
  const auto write_to_nobody = +[](int) {
    auto pipe = processes::Pipe::open();
    pipe.reader.close();
    return ::write(pipe.writer.get(), "x", 1) < 0 ? errno : 0;
  };
  const auto write_beyond_the_limit = +[](int) {
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 1;
    setrlimit(RLIMIT_FSIZE, &limit);
    const processes::Descriptor file(::memfd_create("file", 0));
    return ::write(file.get(), "x", 1) == 1 && ::write(file.get(), "x", 1) < 0 ? errno : 0;
  };
  for (std::size_t way = 0; way < ways.size(); ++way) {
    in_child([&] {
      ways[way](SIGPIPE);
      ways[way](SIGXFSZ);
      make_pool(1);
      EXPECT_EQ(pool->apply(write_to_nobody, 0), EPIPE) << way;
      if (const bool ignored = way < 2; ignored) {  // what handles a limit is for the program's own
        EXPECT_EQ(pool->apply(write_beyond_the_limit, 0), EFBIG) << way;
      }
      pool.reset();
    });
  }
}

TEST_P(Groups, AFaultOfATaskDoesNotCallTheProgramsHandler) {
  in_child([this] {
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
      std::signal(number, [](int) { never_end(0); });
    }
    make_pool(1);
    const auto crash = +[](int number) { return ::kill(getpid(), number); };
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
      const auto error = thrown_by<WorkerLost>([&] { pool->apply(crash, number); });
      EXPECT_TRUE(error && error->status == (ExitStatus{ExitStatus::Kind::signalled, number})) << strsignal(number);
    }
    // Raised by the CPU, not sent: after a handler returns, the instruction would fault again.
    const auto touch = +[](int number) {
      const int protection = number == SIGSEGV ? PROT_NONE : PROT_READ;
      const int file = ::memfd_create("nothing", 0);
      auto* const place = static_cast<volatile char*>(::mmap(nullptr, 1, protection, MAP_SHARED, file, 0));
      return static_cast<int>(*place);
    };
    for (const int number : {SIGSEGV, SIGBUS}) {
      const auto error = thrown_by<WorkerLost>([&] { pool->apply(touch, number); });
      EXPECT_TRUE(error && error->status == (ExitStatus{ExitStatus::Kind::signalled, number})) << strsignal(number);
    }
    pool.reset();
  });
}

TEST_P(Groups, ProgramsThatATaskExecutesHaveTheDefaultActions) {
  in_child([this] {
    std::signal(SIGTERM, [](int) {});
    make_pool(1);
    const auto sleep_and_end_it = +[](int) {
      const pid_t child = fork();
      if (child == 0) {
        ::execlp("sleep", "sleep", "97", nullptr);
        _exit(1);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      ::kill(child, SIGTERM);
      int status = 0;
      ::waitpid(child, &status, 0);
      return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    };
    EXPECT_EQ(pool->apply(sleep_and_end_it, 0), SIGTERM);
    pool.reset();
  });
}

WITH_BOTH_TRANSPORTS(Groups);

}  // namespace
}  // namespace faults::groups
