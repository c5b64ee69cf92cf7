// Results that a caller waits for with a timeout, takes one by one, or abandons.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "faults/watchdog.hpp"
#include "pool_fixture.hpp"
#include "processes/pool.hpp"
#include "processes/process.hpp"

namespace {

using namespace std::chrono_literals;
using processes::CallOptions;
using processes::Cancelled;
using processes::DeadlineExceeded;
using processes::PoolOptions;
using processes::ProcessPool;
using processes::TaskError;
using testing::ElementsAre;
using testing::HasSubstr;

struct PoolResults : PoolTest {
  faults::Watchdog watchdog;
};

/// Counts the starts of tasks, by their numbers.
class Starts {
 public:
  static constexpr std::size_t most = 4096;
  Starts() : memory_(sizeof(std::atomic<int>) * most, processes::SharedMemory::Others::write) {}
  [[nodiscard]] PoolOptions options() const {
    PoolOptions options;
    options.shared.push_back(memory_);
    return options;
  }
  [[nodiscard]] int of(int task) const { return at(memory_, task).load(); }
  static void note(int task) { ++at(processes::shared_memory(0), task); }

 private:
  static std::atomic<int>& at(const processes::SharedMemory& memory, int task) {
    return reinterpret_cast<std::atomic<int>*>(memory.data())[task];
  }
  processes::SharedMemory memory_;
};

int note_and_stay_for_five(int task) {
  Starts::note(task);
  return task == 5 ? never_end(task) : task;
}
int note(int task) {
  Starts::note(task);
  return task;
}
void wait_for_start(const Starts& starts, int task) {
  while (starts.of(task) == 0) std::this_thread::sleep_for(1ms);
}

TEST_F(PoolResults, AreWaitedForWithATimeout) {
  ProcessPool pool(2);
  auto never = pool.apply_async(never_end, 1);
  auto soon = pool.apply_async(same, 2);
  EXPECT_FALSE(never.wait_for(5ms));
  EXPECT_FALSE(never.wait_for(0s));
  EXPECT_THROW(never.get(5ms), processes::TimedOut);
  EXPECT_THROW(never.get(-1s), processes::TimedOut);
  EXPECT_EQ(soon.get(10s), 2);
  EXPECT_TRUE(soon.wait_for(0s));
  EXPECT_TRUE(soon.wait_for(std::chrono::nanoseconds::max()));
  EXPECT_TRUE(never.cancel());
}

TEST_F(PoolResults, OfOneCallMayHaveADeadline) {
  ProcessPool pool(2);
  EXPECT_THROW(pool.apply({.deadline = 20ms}, never_end, 1), DeadlineExceeded);
  auto future = pool.map_async(note_and_stay_for_five, std::vector<int>(), {.deadline = 1s});
  EXPECT_TRUE(future.get().empty());
  auto outcomes =
      pool.map_async([](int x) { return x == 3 ? never_end(x) : x; }, upto(6), {.chunk = 2, .deadline = 50ms})
          .outcomes();
  for (int x = 0; x < 6; ++x) EXPECT_EQ(outcomes[static_cast<std::size_t>(x)].value.value_or(3), x);
  EXPECT_THROW(std::rethrow_exception(outcomes[3].error), DeadlineExceeded);
  EXPECT_EQ(pool.map(same, upto(9)), upto(9)) << "the next call has no deadline";
  EXPECT_THROW(pool.map(same, upto(9), {.deadline = -1s}), std::invalid_argument);
  EXPECT_EQ(pool.statistics().deadlines_exceeded, 2U);
}

TEST_F(PoolResults, OfADeadlineEndWithTheWholeGroupOfTheTask) {
  Starts starts;
  ProcessPool pool(1, starts.options());
  const auto start_a_child = [](int) {
    if (::fork() == 0) {
      Starts::note(::getpid() % 1000);
      never_end(0);
    }
    return never_end(1);
  };
  EXPECT_THROW(pool.apply({.deadline = 50ms}, start_a_child, 1), DeadlineExceeded);
  EXPECT_EQ(pool.apply(same, 1), 1);  // then the fixture checks for leftovers
}

class Cancelling : public PoolResults, public testing::WithParamInterface<processes::Transport> {
 public:
  [[nodiscard]] PoolOptions options() const {
    PoolOptions options = starts.options();
    options.transport = GetParam();
    return options;
  }
  Starts starts;
};
INSTANTIATE_TEST_SUITE_P(By, Cancelling, testing::Values(processes::Transport::shared, processes::Transport::pipe),
                         [](const auto& tested) {
                           return tested.param == processes::Transport::pipe ? "pipe" : "shared";
                         });

TEST_P(Cancelling, EndsATaskThatRunsAndStartsNoOtherOne) {
  ProcessPool pool(1, options());
  auto running = pool.apply_async(note_and_stay_for_five, 5);
  auto waiting = pool.map_async(note, upto(4), {.chunk = 1});
  wait_for_start(starts, 5);
  EXPECT_TRUE(waiting.cancel());
  EXPECT_THROW(waiting.get(), Cancelled);
  EXPECT_FALSE(waiting.cancel());
  EXPECT_TRUE(running.cancel());
  EXPECT_THROW(running.get(), Cancelled);
  EXPECT_EQ(pool.apply(note, 9), 9) << "another worker replaces it";
  for (int task = 0; task < 4; ++task) EXPECT_EQ(starts.of(task), 0);
  pool.close();
  pool.join();
}

TEST_P(Cancelling, LosesNoOtherTaskOfTheSameCall) {
  for (const std::size_t chunk : {1U, 3U, 40U}) {
    const auto shown = testing::Message() << "chunk " << chunk;
    SCOPED_TRACE(shown);
    Starts here;
    PoolOptions its = options();
    its.shared = here.options().shared;
    ProcessPool pool(2, its);
    auto future = pool.map_async(note_and_stay_for_five, upto(40), {.chunk = chunk});
    while (here.of(5) == 0) EXPECT_FALSE(future.wait_for(1ms));
    EXPECT_TRUE(future.cancel(5));
    const auto outcomes = future.outcomes();
    for (int task = 0; task < 40; ++task) {
      const auto& outcome = outcomes[static_cast<std::size_t>(task)];
      EXPECT_EQ(here.of(task), 1) << task;
      EXPECT_EQ(outcome.value.value_or(-1), task == 5 ? -1 : task);
    }
    EXPECT_THROW(std::rethrow_exception(outcomes[5].error), Cancelled);
    EXPECT_FALSE(future.cancel(0)) << "it has ended already";
    EXPECT_FALSE(future.cancel(1000)) << "there is no such task";
  }
}

TEST_P(Cancelling, AtAnyMomentGivesEachTaskOneOutcome) {
  ProcessPool pool(2, options());
  unsigned seed = 1;
  for (int round = 0; round < 60; ++round) {
    seed = seed * 1664525 + 1013904223;
    auto others = pool.map_async(same, upto(30), {.chunk = 4});
    auto future = pool.map_async(same, upto(50), {.chunk = 1 + seed % 9});
    if (round % 3 == 0) std::this_thread::sleep_for(std::chrono::microseconds(seed % 300));
    round % 2 == 0 ? future.cancel() : future.cancel(seed % 50);
    const auto outcomes = future.outcomes();
    for (int task = 0; task < 50; ++task) {
      const auto& outcome = outcomes[static_cast<std::size_t>(task)];
      if (outcome.value) {
        EXPECT_EQ(*outcome.value, task);
      } else {
        EXPECT_THROW(std::rethrow_exception(outcome.error), Cancelled);
      }
    }
    EXPECT_EQ(others.get(), upto(30)) << "no other task is killed";
  }
}

/// 0, 1, 2 and so on; counts how many were read.
struct Endless {
  struct Iterator {
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    Endless* range;
    int operator*() const { return range->read; }
    Iterator& operator++() {
      ++range->read;
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::unreachable_sentinel_t) const { return false; }
  };
  [[nodiscard]] Iterator begin() { return {this}; }
  [[nodiscard]] static std::unreachable_sentinel_t end() { return {}; }
  int read = 0;
};

TEST_F(PoolResults, ComeInOrderWithinAWindow) {
  ProcessPool pool(2);
  Endless endless;
  auto cubes = pool.imap(cube, endless, {.chunk = 3, .window = 12});
  for (long x = 0; x < 100; ++x) {
    EXPECT_EQ(cubes.next(), x * x * x);
    EXPECT_LE(endless.read, x + 1 + 12 + 3) << "it reads no further ahead";
  }
  for (const processes::CallOptions options :
       {processes::CallOptions{.chunk = 8, .window = 9}, {.chunk = 8, .window = 3}}) {
    Endless range;
    EXPECT_EQ(pool.imap(same, range, options).next(), 0);
    EXPECT_LE(range.read, static_cast<int>(options.window)) << "it submits no more tasks";
  }
  std::vector<int> all;
  for (const int x : pool.imap(same, upto(10))) all.push_back(x);
  EXPECT_EQ(all, upto(10));
  EXPECT_FALSE(pool.imap(same, std::vector<int>()).next());
}

TEST_F(PoolResults, ComeAsTheyAreReadyIfUnordered) {
  Starts starts;
  ProcessPool pool(3, starts.options());
  auto never = pool.map_async(note_and_stay_for_five, {5});  // on the board
  wait_for_start(starts, 5);
  auto results = pool.imap_unordered(note_and_stay_for_five, std::vector{5, 1, 2, 3});
  std::vector<int> first{*results.next(), *results.next(), *results.next()};
  std::ranges::sort(first);
  EXPECT_THAT(first, ElementsAre(1, 2, 3));  // the remaining tasks are cancelled
}

TEST_F(PoolResults, OneAfterAnotherThrowTheirErrorsWithTheirPositions) {
  ProcessPool pool(2);
  auto results = pool.imap([](int x) { return x == 7 ? throw std::runtime_error("seven") : x; }, upto(9), {.chunk = 2});
  for (int x = 0; x < 7; ++x) EXPECT_EQ(results.next(), x);
  try {
    results.next();
    FAIL();
  } catch (const TaskError& error) {
    EXPECT_EQ(error.index, 7U);
  }
  EXPECT_EQ(results.next(), 8) << "reading goes on";
  EXPECT_FALSE(results.next());
}

TEST_F(PoolResults, ThatCannotBeSubmittedAreAnErrorEachAndEnd) {
  ProcessPool pool(1);
  auto results = pool.imap(same, upto(3), {.deadline = std::chrono::nanoseconds(-1)});
  for (int x = 0; x < 3; ++x) EXPECT_THROW(results.next(), std::invalid_argument);
  EXPECT_FALSE(results.next());
}

TEST_F(PoolResults, SubmittedBeforeThePoolWasClosedComeFirst) {
  ProcessPool pool(2);
  auto results = pool.imap(same, upto(20), {.window = 4});
  EXPECT_EQ(results.next(), 0);
  pool.close();
  for (int x = 1; x < 4; ++x) EXPECT_EQ(results.next(), x);
  EXPECT_THROW(results.next(), processes::PoolClosed);
  EXPECT_FALSE(results.next());
}

TEST_F(PoolResults, OfAClosedPoolNeverEndAsIfThereWereNoMoreItems) {
  for (const std::size_t chunk : {1U, 2U}) {
    ProcessPool pool(2);
    const std::size_t window = 4 * chunk;
    auto results = pool.imap(same, upto(static_cast<int>(window + chunk)), {.chunk = chunk, .window = window});
    EXPECT_EQ(results.next(), 0);
    pool.close();
    for (int x = 1; x < static_cast<int>(window); ++x) EXPECT_EQ(results.next(), x);
    EXPECT_THROW(results.next(), processes::PoolClosed) << "the last chunk was rejected";
    EXPECT_FALSE(results.next());
  }
}

TEST_F(PoolResults, ThatAreNotReadAreCancelled) {
  Starts starts;
  ProcessPool pool(1, starts.options());
  {
    auto results = pool.imap(note_and_stay_for_five, std::vector{1, 5});
    EXPECT_EQ(results.next(), 1);
    wait_for_start(starts, 5);
  }
  EXPECT_EQ(pool.apply(same, 3), 3);
}

TEST_F(PoolResults, OfSeveralCallsComeAsTheyAreReady) {
  Starts starts;
  ProcessPool pool(2, starts.options());
  std::vector<processes::Future<int>> futures;
  for (const int task : {5, 1, 2}) futures.push_back(pool.apply_async(note_and_stay_for_five, task));
  auto completed = processes::as_completed(futures);
  std::vector<int> first{completed.next()->get(), completed.next()->get()};
  std::ranges::sort(first);
  EXPECT_THAT(first, ElementsAre(1, 2));
  EXPECT_TRUE(futures.front().cancel());
  EXPECT_THROW(completed.next()->get(), Cancelled);
  EXPECT_FALSE(completed.next());
  ProcessPool other(1);
  futures.push_back(other.apply_async(same, 1));
  EXPECT_THROW(processes::as_completed(futures), std::invalid_argument);
}

TEST_F(PoolResults, OfSeveralMapsComeAsTheyAreReady) {
  Starts starts;
  ProcessPool pool(2, starts.options());
  std::vector<processes::MapFuture<int>> futures;
  futures.push_back(pool.map_async(note_and_stay_for_five, {5, 6}, {.chunk = 1}));
  futures.push_back(pool.map_async(note_and_stay_for_five, {1, 2}, {.chunk = 1}));
  auto completed = processes::as_completed(std::move(futures));
  EXPECT_THAT(completed.next()->get(), ElementsAre(1, 2));
}

/// The C library caches the stack of a thread that has ended.
struct HasStack {
  HasStack() {
    std::thread([] {}).join();
  }
};
struct PoolDriver : HasStack, PoolResults {};

TEST_F(PoolDriver, AdvancesWorkBetweenCalls) {
  Starts starts;
  PoolOptions options = starts.options();
  options.driver = true;
  ProcessPool pool(1, options);
  auto first = pool.map_async(note, upto(40), {.chunk = 1, .deadline = 1min});  // sent as messages
  wait_for_start(starts, 39);
  EXPECT_EQ(first.get(), upto(40));
  auto late = pool.apply_async({.deadline = 20ms}, note_and_stay_for_five, 5);
  auto next = pool.apply_async(note, 100);
  wait_for_start(starts, 100);
  EXPECT_THROW(late.get(), DeadlineExceeded);
  EXPECT_EQ(pool.map(same, upto(9)), upto(9)) << "also on the board";
}

TEST_F(PoolDriver, DoesNotExistInAForkedChild) {
  PoolOptions options;
  options.driver = true;
  auto pool = std::make_unique<ProcessPool>(1, options);
  processes::Process child([&pool] {
    pool.reset();
    return 0;
  });
  child.start();
  EXPECT_TRUE(child.join().ok());
  EXPECT_EQ(pool->apply(same, 3), 3);
}

}  // namespace
