// Pools whose workers die, which run out of descriptors, or which are used where they must not be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <system_error>

#include "pool_fixture.hpp"
#include "processes/pool.hpp"
#include "sanitized.hpp"

namespace {

using processes::PoolClosed;
using processes::ProcessPool;
using processes::WorkerLost;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(PoolTest, AKilledWorkerIsATypedErrorWithItsSignal) {
  ProcessPool pool(2);
  try {
    pool.apply(die_by, SIGKILL);
    FAIL() << "no exception";
  } catch (const WorkerLost& error) {
    EXPECT_EQ(error.status, (processes::ExitStatus{processes::ExitStatus::Kind::signalled, SIGKILL}));
    EXPECT_EQ(error.index, 0U);
    EXPECT_EQ(error.attempts, 1) << "it was started";
    EXPECT_THAT(error.what(), HasSubstr("signal 9 (Killed)"));
  }
  EXPECT_EQ(pool.map(same, upto(100)), upto(100)) << "the other worker goes on";
}

TEST_F(PoolTest, AWorkerThatExitsIsLostWithItsCode) {
  ProcessPool pool(2);
  try {
    pool.apply(+[](int code) -> int { _exit(code); }, 0);
    FAIL() << "no exception";
  } catch (const WorkerLost& error) {
    EXPECT_EQ(error.status, (processes::ExitStatus{processes::ExitStatus::Kind::exited, 0}));
  }
}

TEST_F(PoolTest, ATaskThatWritesToDescriptorsOfTheProgramHarmsNothing) {
  for (const auto transport : {processes::Transport::shared, processes::Transport::pipe}) {
    ProcessPool pool(2, {.transport = transport});
    // What a log file of the program may have as its number. The worker has no such descriptor.
    const auto log = +[](int item) {
      for (int descriptor = 3; descriptor < 64; ++descriptor) static_cast<void>(!::write(descriptor, "text", 4));
      return item;
    };
    EXPECT_EQ(pool.map(log, upto(50), {.chunk = 1}), upto(50));
  }
}

TEST_F(PoolTest, OneVictimLosesOnlyItsOwnChunk) {
  ProcessPool pool(3);
  const auto task = +[](int y) { return y == 10 ? raise(SIGSEGV) : y; };
  std::vector<processes::Future<int>> futures;
  for (int x = 0; x < 30; ++x) futures.push_back(pool.apply_async(task, x));
  for (int x = 0; x < 30; ++x) {
    if (x == 10) {
      EXPECT_THROW(futures[10].get(), WorkerLost);
    } else {
      EXPECT_EQ(futures[static_cast<std::size_t>(x)].get(), x);
    }
  }
}

TEST_F(PoolTest, AGrandchildThatHoldsThePipesDoesNotHideADeath) {
  ProcessPool pool(1);
  const pid_t grandchild = pool.apply(
      +[](int) {
        const pid_t child = fork();
        if (child == 0) {
          while (true) pause();
        }
        return child;
      },
      0);
  EXPECT_THROW(pool.apply(die_by, SIGKILL), WorkerLost);
  kill(grandchild, SIGKILL);
}

TEST_F(PoolTest, AWorkerKilledWhileIdleLosesNoTask) {
  ProcessPool pool(2);
  pool.map(cube, {1, 2, 3});
  const pid_t victim = pool.pids().front();
  kill(victim, SIGKILL);
  siginfo_t info{};
  waitid(P_PID, static_cast<id_t>(victim), &info, WEXITED | WNOWAIT);
  EXPECT_THAT(pool.map(cube, {1, 2, 3}), ElementsAre(1, 8, 27));
}

TEST_F(PoolTest, WithoutWorkersWaitingTasksFailAndNewOnesAreRejected) {
  ProcessPool pool(1);
  auto doomed = pool.map_async(+[](int) { return raise(SIGKILL); }, upto(5), {.chunk = 1});
  EXPECT_THROW(doomed.get(), WorkerLost);
  EXPECT_EQ(pool.apply(cube, 1), 1);
}

TEST_F(PoolTest, WorkersEndWhenTheirParentIsKilled) {
  processes::Pipe pipe = processes::Pipe::open();
  processes::Process parent([] {
    ProcessPool pool(2);
    pool.map(cube, {1, 2, 3});
    return raise(SIGKILL);
  });
  parent.start();
  pipe.writer.close();
  parent.join();
  // The workers have copies of the write end: the stream ends when they have ended.
  char byte = 0;
  EXPECT_FALSE(processes::read_all(pipe.reader, &byte, 1));
}

TEST_F(PoolTest, WithIgnoredSigchldWorksAndKnowsHowWorkersEnd) {
  // The kernel then reaps the program's children automatically; the workers are the supervisor's children.
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before{};
  sigaction(SIGCHLD, &ignore, &before);
  {
    ProcessPool pool(2);
    EXPECT_THAT(pool.map(cube, {1, 2, 3}), ElementsAre(1, 8, 27));
    auto doomed = pool.apply_async(die_by, SIGKILL);
    for (int again = 0; again < 2; ++again) {
      try {
        doomed.get();
        FAIL() << "no exception";
      } catch (const WorkerLost& error) {
        EXPECT_EQ(error.status, (processes::ExitStatus{processes::ExitStatus::Kind::signalled, SIGKILL}));
      }
    }
    EXPECT_EQ(pool.apply(cube, 2), 8);
  }
  sigaction(SIGCHLD, &before, nullptr);
}

TEST_F(PoolTest, BelongsToTheProcessThatMadeIt) {
  ProcessPool pool(2);
  auto future = pool.apply_async(never_end, 2);
  processes::Process child([&] {
    int rejected = 0;
    const auto expect_rejection = [&](auto act) {
      try {
        act();
      } catch (const std::logic_error&) {
        ++rejected;
      }
    };
    expect_rejection([&] { pool.apply(cube, 1); });
    expect_rejection([&] { future.get(); });
    expect_rejection([&] { static_cast<void>(future.ready()); });
    expect_rejection([&] { pool.close(); });
    expect_rejection([&] { pool.join(); });
    pool.terminate();  // of the copy: the workers belong to the parent
    return rejected;
  });
  child.start();
  EXPECT_EQ(child.join().value, 5);
  EXPECT_FALSE(future.ready());
  EXPECT_EQ(pool.apply(cube, 3), 27) << "the parent's pool is unaffected";
  EXPECT_EQ(pool.statistics().workers_lost, 0U);
}

TEST_F(PoolTest, AChildThatATaskForkedAndThatReturnsAnswersNothing) {
  ProcessPool pool(1);
  const auto fork_and_return = +[](int x) {
    const pid_t child = fork();
    if (child > 0) waitpid(child, nullptr, 0);
    return child > 0 ? x : -1;
  };
  EXPECT_EQ(pool.map(fork_and_return, upto(5), {.chunk = 1}), upto(5));
}

int close_everything(int x) {
  for (int descriptor = 3; descriptor < 1024; ++descriptor) close(descriptor);
  return x;
}

TEST_F(PoolTest, AWorkerThatClosesItsDescriptorsIsReplaced) {
  for (const auto transport : {processes::Transport::shared, processes::Transport::pipe}) {
    ProcessPool pool(2, {.transport = transport});
    for (int round = 0; round < 5; ++round) {
      auto closer = pool.apply_async(close_everything, 1);
      if (transport == processes::Transport::shared) {
        EXPECT_EQ(closer.get(), 1) << "its outcome is in shared memory";
      } else {
        EXPECT_THROW(closer.get(), WorkerLost);
      }
      EXPECT_EQ(pool.apply(cube, 2), 8);
    }
  }
}

TEST_F(PoolTest, WithoutDescriptorsItIsNotMadeAndLeavesNothing) {
  if (sanitized::addresses) GTEST_SKIP() << "a sanitizer needs descriptors itself, to inspect objects";
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const auto open = static_cast<rlim_t>(resources::entries("/proc/self/fd"));
  for (rlim_t more = 0; more < 10; ++more) {  // eight for the memory of the workers, which are started together
    const rlimit few{open + more, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    EXPECT_THROW(ProcessPool pool(8), std::system_error) << more;
  }
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(PoolTest, AFailingInitialiserFailsTheTasks) {
  testing::internal::CaptureStderr();
  ProcessPool pool(2, {.initialiser = processes::call(+[]() { throw std::runtime_error("no licence"); })});
  EXPECT_ANY_THROW(pool.map(cube, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  pool.terminate();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("no licence"));
}

}  // namespace
