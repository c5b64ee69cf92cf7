#include "processes/pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX, not C++
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include "resources.hpp"

namespace {

using processes::PoolClosed;
using processes::ProcessPool;
using processes::TaskError;
using processes::WorkerLost;
using testing::ElementsAre;
using testing::HasSubstr;

class PoolTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(resources::Snapshot(), before_); }

 private:
  resources::Snapshot before_;
};

long cube(long x) { return x * x * x; }

int same(int x) { return x; }

int die_by(int signal) { return raise(signal); }

int never_end(int x) {
  while (true) pause();
  return x;
}

std::vector<int> upto(int n) {
  std::vector<int> numbers(static_cast<std::size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TEST_F(PoolTest, AppliesAndMapsInOrder) {
  ProcessPool pool(4);
  const std::vector<long> inputs{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(pool.apply(cube, 3), 27);
  EXPECT_THAT(pool.map(cube, inputs), ElementsAre(1, 8, 27, 64, 125, 216));
  auto future = pool.apply_async(cube, 4);
  auto futures = pool.map_async(cube, inputs);
  EXPECT_EQ(future.get(), 64);
  EXPECT_EQ(future.get(), 64) << "a result can be taken again";
  EXPECT_THAT(futures.get(), ElementsAre(1, 8, 27, 64, 125, 216));
  pool.close();
  pool.join();
}

TEST_F(PoolTest, MapsEveryNumberOfItemsInEveryChunk) {
  for (const int workers : {1, 2, 5}) {
    ProcessPool pool(workers);
    for (const int n : {0, 1, 2, 7, 64, 1000}) {
      for (const std::size_t chunk : {0UL, 1UL, 3UL, 1000UL}) {
        ASSERT_EQ(pool.map(same, upto(n), chunk), upto(n)) << workers << " " << n << " " << chunk;
      }
    }
  }
}

TEST_F(PoolTest, CarriesArgumentsAndResultsOfEveryKind) {
  ProcessPool pool(2);
  EXPECT_EQ(pool.apply(
                +[](const std::string& a, int b, const std::vector<double>& c) {
                  return a + std::to_string(b) + "/" + std::to_string(c.size());
                },
                "text", 7, std::vector{1.0, 2.0}),
            "text7/2");
  using Names = std::map<std::string, std::vector<int>>;
  EXPECT_EQ(pool.apply(
                +[](Names names) { return names["a"]; }, Names{{"a", {1, 2}}}),
            (std::vector{1, 2}));
  EXPECT_EQ(pool.apply(
                +[](std::optional<int> x) { return x.has_value(); }, std::nullopt),
            false);
}

TEST_F(PoolTest, LargeArgumentsAndResultsCross) {
  ProcessPool pool(2);
  const std::vector<std::string> large(6, std::string(4 << 20, 'x'));
  EXPECT_EQ(pool.map(
                +[](const std::string& text) { return text + text; }, large, 1),
            std::vector<std::string>(6, std::string(8 << 20, 'x')));
}

TEST_F(PoolTest, InitialisesEachWorker) {
  static int value = 0;
  ProcessPool pool(3, [] { value = 42; });
  EXPECT_EQ(pool.map(
                +[](int) { return value; }, upto(12)),
            std::vector<int>(12, 42));
  EXPECT_EQ(value, 0) << "the parent's own is untouched";
}

TEST_F(PoolTest, CarriesExceptionsWithTypeMessageAndIndex) {
  ProcessPool pool(2);
  try {
    pool.map(
        +[](int x) -> int { return x == 5 ? throw std::out_of_range("five is too much") : x; }, upto(10), 3);
    FAIL() << "no exception";
  } catch (const TaskError& error) {
    EXPECT_EQ(error.index, 5U);
    EXPECT_EQ(error.type, "std::out_of_range");
    EXPECT_EQ(error.message, "five is too much");
    EXPECT_STREQ(error.what(), "task 5 threw std::out_of_range: five is too much");
  }
  try {
    pool.apply(
        +[](int x) -> int { throw x; }, 1);
    FAIL() << "no exception";
  } catch (const TaskError& error) {
    EXPECT_EQ(error.type, "int");
    EXPECT_EQ(error.message, "");
  }
  EXPECT_EQ(pool.apply(cube, 2), 8) << "the workers live on";
}

TEST_F(PoolTest, OfSeveralFailuresThrowsTheFirstByIndex) {
  ProcessPool pool(3);
  for (int round = 0; round < 20; ++round) {
    auto future = pool.map_async(
        +[](int x) -> int { throw std::runtime_error(std::to_string(x)); }, upto(9), 1);
    try {
      future.get();
      FAIL() << "no exception";
    } catch (const TaskError& error) {
      ASSERT_EQ(error.message, "0");
    }
  }
}

TEST_F(PoolTest, AKilledWorkerIsATypedErrorWithItsSignal) {
  ProcessPool pool(2);
  try {
    pool.apply(die_by, SIGKILL);
    FAIL() << "no exception";
  } catch (const WorkerLost& error) {
    EXPECT_EQ(error.status, (processes::ExitStatus{processes::ExitStatus::Kind::signalled, SIGKILL}));
    EXPECT_EQ(error.first, 0U);
    EXPECT_THAT(error.what(), HasSubstr("signal 9 (Killed)"));
  }
  EXPECT_EQ(pool.pids().size(), 1U);
  EXPECT_EQ(pool.map(same, upto(100)), upto(100)) << "the other worker goes on";
}

TEST_F(PoolTest, AWorkerThatExitsIsLostWithItsCode) {
  ProcessPool pool(2);
  try {
    pool.apply(
        +[](int code) -> int { _exit(code); }, 0);
    FAIL() << "no exception";
  } catch (const WorkerLost& error) {
    EXPECT_EQ(error.status, (processes::ExitStatus{processes::ExitStatus::Kind::exited, 0}));
  }
}

TEST_F(PoolTest, OneVictimLosesOnlyItsOwnChunk) {
  ProcessPool pool(3);
  std::vector<processes::Future<int>> futures;
  for (int x = 0; x < 30; ++x) {
    futures.push_back(pool.apply_async(
        +[](int y) { return y == 10 ? raise(SIGSEGV) : y; }, x));
  }
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
  EXPECT_EQ(pool.pids().size(), 1U);
}

TEST_F(PoolTest, WithoutWorkersWaitingTasksFailAndNewOnesAreRefused) {
  ProcessPool pool(1);
  auto doomed = pool.map_async(
      +[](int) { return raise(SIGKILL); }, upto(5), 1);
  EXPECT_THROW(doomed.get(), WorkerLost) << "the first, which killed it; the others never ran";
  EXPECT_THROW(pool.apply(cube, 1), PoolClosed);
}

TEST_F(PoolTest, CloseJoinAndTerminate) {
  ProcessPool pool(2);
  auto future = pool.map_async(cube, {1, 2, 3});
  EXPECT_THROW(pool.join(), std::logic_error);
  pool.close();
  EXPECT_THROW(pool.apply(cube, 1), PoolClosed);
  pool.join();
  EXPECT_TRUE(pool.pids().empty());
  EXPECT_THAT(future.get(), ElementsAre(1, 8, 27)) << "what was given before close has run";

  ProcessPool other(2);
  auto endless = other.apply_async(never_end, 1);
  EXPECT_FALSE(endless.ready());
  other.terminate();
  EXPECT_TRUE(endless.ready());
  EXPECT_THROW(endless.get(), PoolClosed);
}

TEST_F(PoolTest, AFutureOutlivesItsPool) {
  std::optional<processes::Future<long>> done;
  std::optional<processes::Future<int>> open;
  {
    ProcessPool pool(1);
    done.emplace(pool.apply_async(cube, 5));
    done->wait();
    open.emplace(pool.apply_async(never_end, 1));
  }
  EXPECT_EQ(done->get(), 125);
  EXPECT_THROW(open->get(), PoolClosed);
}

TEST_F(PoolTest, PoolsMadeOneAfterAnotherEndInAnyOrder) {
  // The second pool's workers are forked with copies of the first's pipes.
  auto first = std::make_unique<ProcessPool>(2);
  auto second = std::make_unique<ProcessPool>(2);
  EXPECT_EQ(first->apply(cube, 2), 8);
  first->close();
  first->join();
  EXPECT_EQ(second->apply(cube, 3), 27);
  second->close();
  second->join();
}

TEST_F(PoolTest, WorkersEndWhenTheirParentIsKilled) {
  processes::Pipe pipe = processes::Pipe::open();
  processes::Process parent([&pipe] {
    ProcessPool pool(2);
    pool.map(cube, {1, 2, 3});
    return raise(SIGKILL);
  });
  parent.start();
  pipe.writer.close();
  parent.join();
  // The workers hold a copy of the writing end; the stream ends when they have.
  char byte = 0;
  EXPECT_FALSE(processes::read_all(pipe.reader, &byte, 1));
}

TEST_F(PoolTest, WithIgnoredSigchldWorksAndTellsThatAStatusIsUnknown) {
  // The kernel then reaps children by itself, and nobody learns how they ended.
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before {};
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
        EXPECT_EQ(error.status.kind, processes::ExitStatus::Kind::unknown);
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
    int refused = 0;
    const auto expect_refusal = [&](auto act) {
      try {
        act();
      } catch (const std::logic_error&) {
        ++refused;
      }
    };
    expect_refusal([&] { pool.apply(cube, 1); });
    expect_refusal([&] { future.get(); });
    expect_refusal([&] { static_cast<void>(future.ready()); });
    pool.close();
    expect_refusal([&] { pool.join(); });
    pool.terminate();  // of its copy: the workers are its parent's
    return refused;
  });
  child.start();
  EXPECT_EQ(child.join().value, 4);
  EXPECT_FALSE(future.ready());
  EXPECT_EQ(pool.apply(cube, 3), 27) << "the parent's pool has not noticed";
}

TEST_F(PoolTest, AChildThatATaskForkedAndThatReturnsAnswersNothing) {
  ProcessPool pool(1);
  const auto fork_and_return = +[](int x) {
    const pid_t child = fork();
    if (child > 0) waitpid(child, nullptr, 0);
    return x;
  };
  EXPECT_EQ(pool.map(fork_and_return, upto(5), 1), upto(5));
}

TEST_F(PoolTest, AWorkerThatClosesItsPipesIsLost) {
  ProcessPool pool(2);
  auto doomed = pool.apply_async(
      +[](int x) {
        for (int descriptor = 3; descriptor < 256; ++descriptor) close(descriptor);
        return never_end(x);
      },
      1);
  EXPECT_THROW(doomed.get(), WorkerLost);
  EXPECT_EQ(pool.apply(cube, 2), 8);
}

TEST_F(PoolTest, WithoutDescriptorsItIsNotMadeAndLeavesNothing) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer needs descriptors itself, to look at objects";
#endif
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const auto open = static_cast<rlim_t>(resources::entries("/proc/self/fd"));
  for (rlim_t more = 0; more < 12; ++more) {
    const rlimit few{open + more, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    EXPECT_THROW(ProcessPool pool(8), std::system_error) << more;
  }
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(PoolTest, RefusesNumbersOfWorkersThatCannotBe) {
  for (const int workers : {0, -1, 4097}) EXPECT_THROW(ProcessPool pool(workers), std::invalid_argument);
}

TEST_F(PoolTest, AFailingInitialiserFailsTheTasks) {
  testing::internal::CaptureStderr();
  ProcessPool pool(2, [] { throw std::runtime_error("no licence"); });
  EXPECT_ANY_THROW(pool.map(cube, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  pool.terminate();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("no licence"));
}

}  // namespace
