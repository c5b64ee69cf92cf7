// Maps whose tasks workers claim from the board, and when the board is not used.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "faults/proc.hpp"
#include "faults/shared_page.hpp"
#include "faults/watchdog.hpp"
#include "pool_fixture.hpp"
#include "processes/pool.hpp"
#include "processes/process.hpp"

namespace {

using processes::PoolClosed;
using processes::ProcessPool;
using processes::TaskError;

class PoolCallTest : public PoolTest {
 private:
  faults::Watchdog watchdog_;
};

/// The number of messages of a map: 1 if its tasks were on the board.
template <class Result, class Argument>
std::uint64_t messages_of(ProcessPool& pool, Result (*function)(Argument),
                          const std::vector<std::decay_t<Argument>>& items) {
  const auto before = pool.statistics().messages;
  pool.map(function, items);
  return pool.statistics().messages - before;
}

struct Point {
  double x = 0;
  std::array<char, 3> text{};
  bool operator==(const Point&) const = default;
};

TEST_F(PoolCallTest, UsesTheBoardForTriviallyCopyableValues) {
  ProcessPool pool(2);
  EXPECT_EQ(messages_of(pool, cube, {1, 2, 3}), 1U);
  EXPECT_EQ(messages_of(pool, +[](const Point& point) { return point; }, {{1, {'a'}}, {2, {'b'}}}), 1U);
  EXPECT_GT(messages_of(pool, +[](const std::string& text) { return text.size(); }, {"a", "b"}), 2U);
  EXPECT_GT(messages_of(pool, +[](int x) { return std::string(static_cast<std::size_t>(x), 'x'); }, {1, 2}), 2U);
  EXPECT_GT(messages_of(pool, cube, std::vector<long>(40'000, 1)), 2U)
      << "there are more tasks than the board has room for";
  EXPECT_EQ(messages_of(pool, cube, {}), 0U);
  EXPECT_EQ(messages_of(pool, cube, {4}), 1U) << "as before";
  ProcessPool piped(1, {.transport = processes::Transport::pipe});
  EXPECT_GT(messages_of(piped, cube, {1, 2}), 2U);
  ProcessPool timed(1, {.deadline = std::chrono::hours(1)});
  EXPECT_GT(messages_of(timed, cube, {1, 2}), 2U) << "with a deadline, each task's start must be known";
  ProcessPool limited(1, {.tasks_per_worker = 2});
  EXPECT_GT(messages_of(limited, cube, {1, 2, 3}), 3U);
}

TEST_F(PoolCallTest, GivesEveryResultWhateverTheChunks) {
  ProcessPool pool(3);
  for (const std::size_t items : {1U, 2U, 12U, 13U, 100U, 4096U}) {
    std::vector<long> inputs(items);
    std::vector<long> expected(items);
    for (std::size_t i = 0; i < items; ++i) {
      inputs[i] = static_cast<long>(i) - 50;
      expected[i] = cube(inputs[i]);
    }
    for (const std::size_t chunk : {0U, 1U, 7U, 1'000'000U})
      EXPECT_EQ(pool.map(cube, inputs, {.chunk = chunk}), expected) << chunk;
  }
  EXPECT_EQ(pool.map(+[](int x) { return x > 1; }, {1, 2}), (std::vector{false, true}));
}

TEST_F(PoolCallTest, NoTaskRunsInTheProgram) {
  ProcessPool pool(2);
  std::set<pid_t> where;
  for (int call = 0; call < 200; ++call) {
    for (const pid_t pid : pool.map(+[](int) { return ::getpid(); }, std::vector<int>(8), {.chunk = 1}))
      where.insert(pid);
  }
  EXPECT_FALSE(where.contains(::getpid()));
  EXPECT_LE(where.size(), 2U);
}

TEST_F(PoolCallTest, AnExceptionFailsItsOwnTask) {
  ProcessPool pool(2);
  const auto odd = +[](int x) -> int {
    if (x % 2 == 1) throw std::runtime_error(std::to_string(x) + std::string(2000, 'x'));
    return x;
  };
  std::vector<int> items(2000);  // more messages than a ring holds
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = static_cast<int>(i);
  for (const std::size_t chunk : {1U, 1000U}) {
    const auto outcomes = pool.map_async(odd, items, {.chunk = chunk}).outcomes();
    for (std::size_t i = 0; i < items.size(); ++i) {
      ASSERT_EQ(outcomes[i].value.has_value(), i % 2 == 0);
      if (i % 2 == 0) {
        ASSERT_EQ(*outcomes[i].value, items[i]);
        continue;
      }
      try {
        std::rethrow_exception(outcomes[i].error);
      } catch (const TaskError& error) {
        ASSERT_EQ(error.index, i);
        ASSERT_EQ(error.type, "std::runtime_error");
        ASSERT_EQ(error.message.substr(0, error.message.find('x')), std::to_string(i));
      }
    }
  }
  EXPECT_EQ(pool.map(odd, {2, 4, 6}), (std::vector{2, 4, 6})) << "nothing of it remains";
}

TEST_F(PoolCallTest, AnExceptionArrivesWholeHoweverLong) {
  ProcessPool pool(1);
  const auto throw_long =
      +[](int x) -> int { throw std::runtime_error(std::string(static_cast<std::size_t>(x), 'x')); };
  const auto outcomes = pool.map_async(throw_long, {1'000'000, 3}, {.chunk = 1}).outcomes();
  const std::array<std::size_t, 2> lengths{1'000'000, 3};
  for (std::size_t i = 0; i < 2; ++i) {
    try {
      std::rethrow_exception(outcomes[i].error);
    } catch (const TaskError& error) {
      EXPECT_EQ(error.message.size(), lengths.at(i));
    }
  }
}

TEST_F(PoolCallTest, AChildThatReturnsFromATaskGivesNoResult) {
  ProcessPool pool(1);
  const auto fork_first = +[](int x) {
    if (x == 0 && ::fork() == 0) {
      ::usleep(20'000);
      return -1;
    }
    if (x == 1) ::usleep(60'000);
    return x;
  };
  EXPECT_EQ(pool.map(fork_first, {0, 1}, {.chunk = 2}), (std::vector{0, 1}));
}

TEST_F(PoolCallTest, SeveralCallsAndMessagesAtOnceAreAllAnswered) {
  ProcessPool pool(3);
  std::vector<processes::MapFuture<long>> calls;
  for (int call = 0; call < 20; ++call) calls.push_back(pool.map_async(cube, {call, call + 1, call + 2}, {.chunk = 1}));
  auto single = pool.apply_async(cube, 9);
  for (std::size_t call = 20; call-- > 0;) {
    const long first = static_cast<long>(call);
    EXPECT_EQ(calls[call].get(), (std::vector{cube(first), cube(first + 1), cube(first + 2)}));
  }
  EXPECT_EQ(single.get(), 729);
}

TEST_F(PoolCallTest, CallsOfSeveralThreadsDoNotStarveMessages) {
  // In a separate process, since the C library caches the stack of an ended thread.
  processes::Process program([] {
    ProcessPool pool(2);
    std::atomic<bool> over = false;
    std::vector<std::thread> threads;
    std::atomic<int> wrong = 0;
    for (int thread = 0; thread < 2; ++thread) {
      threads.emplace_back([&] {
        while (!over) {
          if (pool.map(cube, {1, 2, 3, 4}, {.chunk = 1}) != std::vector<long>{1, 8, 27, 64}) ++wrong;
        }
      });
    }
    for (long i = 0; i < 300; ++i) {
      if (pool.apply(cube, i) != cube(i)) ++wrong;
    }
    over = true;
    for (std::thread& thread : threads) thread.join();
    return wrong == 0 ? 0 : 1;
  });
  program.start();
  EXPECT_TRUE(program.join().ok());
}

TEST_F(PoolCallTest, ATerminatedCallKeepsEndedResults) {
  const faults::SharedPage<std::atomic<bool>> at_three;
  static std::atomic<bool>* reached = nullptr;
  reached = at_three.get();
  ProcessPool pool(1);
  const auto until_three = +[](int x) {
    if (x == 3) {
      *reached = true;
      ::pause();
    }
    return x;
  };
  auto call = pool.map_async(until_three, {0, 1, 2, 3, 4, 5}, {.chunk = 2});
  faults::wait_until([&] { return reached->load(); });
  pool.terminate();
  const auto outcomes = call.outcomes();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i].value.has_value(), i < 3) << i;
    if (i < 3) continue;
    EXPECT_THROW(std::rethrow_exception(outcomes[i].error), PoolClosed);
  }
}

TEST_F(PoolCallTest, AClosedPoolEndsItsCallEvenIfAllItsWorkersDie) {
  ProcessPool pool(2);
  auto call = pool.map_async(
      +[](int x) -> int {
        if (x < 2) ::_exit(1);
        return x;
      },
      {0, 1, 2, 3, 4, 5}, {.chunk = 1});
  pool.close();
  const auto outcomes = call.outcomes();
  for (std::size_t i = 0; i < outcomes.size(); ++i) EXPECT_EQ(outcomes[i].value.has_value(), i >= 2) << i;
  pool.join();
}

TEST_F(PoolCallTest, GoesOnAtOnceAfterADeathWithoutSpinning) {
  ProcessPool pool(2, {.spin = std::chrono::nanoseconds(0)});
  const auto die_first = +[](int x) -> int {
    if (x == 0) ::_exit(1);
    ::usleep(1000);
    return x;
  };
  for (int call = 0; call < 20; ++call) {
    const auto begin = std::chrono::steady_clock::now();
    const auto outcomes = pool.map_async(die_first, {0, 1, 2, 3, 4, 5, 6, 7}, {.chunk = 1}).outcomes();
    EXPECT_FALSE(outcomes[0].value);
    for (std::size_t i = 1; i < 8; ++i) EXPECT_TRUE(outcomes[i].value);
    // The check of everything, ten times a second, would find it as well.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  }
}

}  // namespace
