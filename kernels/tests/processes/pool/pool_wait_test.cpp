// A pool that waits for room, and one that other threads use while it waits.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "faults/proc.hpp"
#include "faults/shared_page.hpp"
#include "faults/watchdog.hpp"
#include "pool_fixture.hpp"
#include "processes/fork_server.hpp"
#include "processes/os/step.hpp"
#include "processes/pool.hpp"

namespace {

using processes::longest_spin;
using processes::PoolClosed;
using processes::ProcessPool;
using processes::Step;

constexpr int attempts = 9;

class PoolWaitTest : public PoolTest {
 private:
  faults::Watchdog watchdog_;
};

TEST_F(PoolWaitTest, SendsARequestOnceThereIsRoomWithoutAnOutcome) {
  // The large area is free only after the worker's last message of that task. Until then the pool spins, and a worker
  // does not ring for a spinning program.
  processes::on_step = [](Step step) {
    if (step == Step::outcome_published) ::usleep(1000);
  };
  ProcessPool pool(1, {.spin = std::chrono::milliseconds(5)});
  processes::on_step = nullptr;  // in this process
  const std::vector<std::string> large(5, std::string(600'000, 'x'));
  const auto length = +[](const std::string& text) { return text.size(); };
  EXPECT_EQ(pool.map(length, large, {.chunk = 1}), std::vector<std::size_t>(5, 600'000));
}

TEST_F(PoolWaitTest, ASpinningThreadLetsAnotherEnter) {
  // In a separate process, since the C library caches the stack of an ended thread.
  processes::Process program([] {
    // Otherwise each attempt takes the time of the spin. On a busy machine some may; the watchdog is the limit.
    std::chrono::nanoseconds entering{};
    for (int attempt = 1;; ++attempt) {
      ProcessPool pool(1, {.spin = longest_spin});
      auto endless = pool.apply_async(never_end, 1);
      bool closed = false;
      std::atomic<bool> about_to_spin = false;
      std::thread waiting([&] {
        about_to_spin = true;
        about_to_spin.notify_one();
        try {
          endless.get();
        } catch (const PoolClosed&) {
          closed = true;
        }
      });
      about_to_spin.wait(false);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // it spins by then, if there is a CPU for it
      const auto begin = std::chrono::steady_clock::now();
      const bool answered = pool.statistics().workers_begun == 1;
      entering += std::chrono::steady_clock::now() - begin;
      pool.terminate();
      waiting.join();
      if (!answered || !closed) return 1;
      if (attempt % attempts != 0) continue;
      if (entering < attempts * longest_spin / 4) return 0;
      entering = {};
    }
  });
  program.start();
  EXPECT_TRUE(program.join().ok());
}

TEST_F(PoolWaitTest, ThreadsThatWaitTogetherSleep) {
  // In a separate process, since the C library caches the stack of an ended thread.
  processes::Process program([] {
    const processes::ForkServer fork_server;
    ProcessPool pool(1, {.driver = true, .spin = longest_spin});
    pool.apply(same, 1);
    auto endless = pool.apply_async(never_end, 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // the driver spins by then, if there is a CPU for it
    constexpr std::chrono::milliseconds waited{400};
    const clock_t before = clock();  // of all threads
    static_cast<void>(endless.wait_for(waited));
    const std::chrono::microseconds used((clock() - before) * 1'000'000 / CLOCKS_PER_SEC);
    pool.terminate();
    // Each spins for 10 ms. If they gave each other the lock, they would spin all the time.
    return used < waited / 4 ? 0 : 1;
  });
  program.start();
  EXPECT_TRUE(program.join().ok());
}

/// How long an endless task holds its caller, by a timeout and by a deadline of 1 ms.
std::chrono::nanoseconds held_by_an_endless_task(std::chrono::nanoseconds spin) {
  using std::chrono::milliseconds;
  const auto of_a_wait = [spin](const auto& wait) {
    ProcessPool pool(1, {.spin = spin});
    pool.apply(same, 1);
    const auto begin = std::chrono::steady_clock::now();
    wait(pool);
    const auto end = std::chrono::steady_clock::now();
    pool.terminate();
    return end - begin;
  };
  const auto by_timeout = [](ProcessPool& pool) {
    EXPECT_FALSE(pool.apply_async(never_end, 1).wait_for(milliseconds(1)));
  };
  const auto by_deadline = [](ProcessPool& pool) {
    auto late = pool.map_async(never_end, {1}, {.deadline = milliseconds(1)});
    EXPECT_THROW(late.get(), processes::DeadlineExceeded);
  };
  return of_a_wait(by_timeout) + of_a_wait(by_deadline);
}

TEST_F(PoolWaitTest, ASpinIsNoLongerThanATimeoutOrADeadline) {
  // Otherwise each takes longer by a spin or more. On a busy machine some may; the watchdog is the limit.
  std::chrono::nanoseconds longer{};
  do {
    longer = {};
    for (int attempt = 0; attempt < attempts; ++attempt) {
      longer += held_by_an_endless_task(longest_spin) - held_by_an_endless_task({});
    }
  } while (longer > attempts * longest_spin / 4);
}

int nap(int microseconds) {
  ::usleep(microseconds);
  return microseconds;
}

TEST_F(PoolWaitTest, ASpinForTasksIsNoLongerThanTheLongest) {
  // In a separate process, since the C library caches the stack of an ended thread.
  processes::Process program([] {
    using std::chrono::milliseconds;
    const processes::ForkServer fork_server;
    ProcessPool pool(2, {.driver = true, .spin = longest_spin});
    // Half of the time of the tasks is less than ten spins, so it is expected that they end while a thread spins.
    const std::vector<int> tasks(100, 1000);
    const std::vector<int> longer(100, 1600);
    for (int call = 0; call < 3; ++call) pool.map(nap, tasks);
    // A timeout of another thread comes after the spin. On a busy machine more comes late; the watchdog is the limit.
    std::chrono::nanoseconds late{};
    for (int attempt = 1;; ++attempt) {
      pool.map(nap, longer);
      auto napping = pool.map_async(nap, tasks, {.chunk = 1});
      std::jthread waking_the_spinning_thread([&] {
        ::usleep(2000);
        napping.cancel(tasks.size() - 1);
      });
      const auto end = std::chrono::steady_clock::now() + milliseconds(8);
      static_cast<void>(napping.wait_for(milliseconds(8)));
      late += std::chrono::steady_clock::now() - end;
      napping.wait();
      if (attempt % attempts != 0) continue;
      if (late < 2 * attempts * longest_spin) return 0;
      late = {};
    }
  });
  program.start();
  EXPECT_TRUE(program.join().ok());
}

/// How many tasks have ended; shared by the workers.
std::atomic<int>* ended = nullptr;
constexpr int quick_tasks = 19;

/// The first task outlasts all others; the second is slow.
int outlast(int task) {
  if (task == 0) {
    faults::wait_until([] { return *ended == quick_tasks; });
  } else {
    if (task == 1) ::usleep(3000);
    ++*ended;
  }
  return task;
}

TEST_F(PoolWaitTest, NoTaskWaitsBehindOneThatTakesLongerThanOthersDid) {
  const faults::SharedPage<std::atomic<int>> page;
  ended = page.get();
  ProcessPool pool(2);
  const std::vector<int> tasks = upto(1 + quick_tasks);
  for (int call = 0; call < 5; ++call)
    EXPECT_EQ(pool.map(same, tasks, {.chunk = 1}), tasks);  // short ones, of another function
  EXPECT_EQ(pool.map(outlast, tasks, {.chunk = 1}), tasks);
}

TEST_F(PoolWaitTest, KeepsNoDescriptorThatOnlyAWorkerNeeds) {
  for (const auto& [transport, each] : {std::pair(processes::Transport::shared, 1), {processes::Transport::pipe, 4}}) {
    const auto open = resources::entries("/proc/self/fd");
    const ProcessPool one(1, {.transport = transport});
    const auto with_one = resources::entries("/proc/self/fd");
    const ProcessPool five(5, {.transport = transport});
    EXPECT_EQ(resources::entries("/proc/self/fd") - with_one, with_one - open + std::ptrdiff_t{4} * each);
  }
}

}  // namespace
