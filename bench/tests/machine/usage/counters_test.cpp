#include "machine/usage/counters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <thread>

#include "processes/pool.hpp"
#include "processes/process.hpp"

namespace {

using testing::Contains;
using testing::Not;

TEST(Usage, IncludesTheCpuTimeOfLiveAndOfEndedChildren) {
  processes::Pipe ready = processes::Pipe::open();
  processes::Process child([&ready] {
    volatile std::uint64_t work = 0;
    while (clock() < CLOCKS_PER_SEC / 50) work = work + 1;  // 20 ms of CPU time
    processes::write_all(ready.writer, "x");
    while (true) pause();
    return 0;
  });
  const double before = bench::usage_now().value().children_cpu_seconds;
  child.start();
  char byte = 0;
  processes::read_all(ready.reader, &byte, 1);
  const double alive = bench::usage_now().value().children_cpu_seconds - before;
  EXPECT_GE(alive, 0.019);
  child.signal(SIGKILL);
  child.join();
  EXPECT_GE(bench::usage_now().value().children_cpu_seconds - before, 0.019);
}

int use_cpu(int milliseconds) {
  const clock_t end = clock() + milliseconds * (CLOCKS_PER_SEC / 1000);
  while (clock() < end) {
  }
  return milliseconds;
}

TEST(Usage, IncludesTheCpuTimeOfAPoolsLiveAndEndedWorkers) {
  // They are grandchildren, forked by the fork server.
  const double before = bench::usage_now().value().children_cpu_seconds;
  {
    processes::ProcessPool pool(2);
    EXPECT_EQ(pool.map(use_cpu, {100, 100}, {.chunk = 1}), (std::vector{100, 100}));
    EXPECT_GE(bench::usage_now().value().children_cpu_seconds - before, 0.199);
  }
  const double after = bench::usage_now().value().children_cpu_seconds;
  EXPECT_GE(after - before, 0.199);
  EXPECT_LE(after - before, 0.3) << "no time is counted twice";
}

TEST(Usage, OfAnEndedPoolIsNotInALaterCase) {
  // A worker that has ended may be counted before it is reaped, after it, or between the two.
  constexpr int used = 20;  // milliseconds of a worker; the end of all processes takes less than half of that
  for (int pools = 0; pools < 20; ++pools) {
    const double begin = bench::usage_now().value().children_cpu_seconds;
    {
      processes::ProcessPool pool(1);
      EXPECT_EQ(pool.map(use_cpu, {used}), std::vector{used});
    }
    const double before = bench::usage_now().value().children_cpu_seconds;
    EXPECT_GE(before - begin, used / 1000.0 - 0.001) << pools;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_NEAR(bench::usage_now().value().children_cpu_seconds, before, used / 2000.0) << pools;
  }
}

TEST(Usage, WaitsUpToASecondForEndedChildrenToBeReaped) {
  processes::Process child([] { return 0; });
  child.start();
  siginfo_t ended{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child.pid()), &ended, WEXITED | WNOWAIT), 0);
  const auto begin = std::chrono::steady_clock::now();
  bench::usage_now();
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1)) << "it is never reaped";
  {
    const std::jthread reaper([&child] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      child.join();
    });
    const auto again = std::chrono::steady_clock::now();
    bench::usage_now();
    // If a busy machine did not reap the child in time, this tests nothing.
    if (std::chrono::steady_clock::now() - again < std::chrono::seconds(1)) {
      EXPECT_THAT(bench::descendants().value(), Not(Contains(child.pid())));
    }
  }
}

}  // namespace
