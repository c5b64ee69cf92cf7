// Calls without deaths: results are exact, and ThreadSanitizer finds nothing.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "processes/pool.hpp"
#include "tasks.hpp"

namespace {

using namespace threads;
using processes::DeadlineExceeded;
using processes::Future;
using processes::MapFuture;
using processes::PoolClosed;
using processes::PoolOptions;
using processes::ProcessPool;

class Workers : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(AsThreads, Workers, testing::Values(1, 2, 5));

TEST_P(Workers, TakeTheTasksOfManyCallsFromTheBoard) {
  ProcessPool pool(GetParam());
  std::minstd_rand random(1);
  for (int call = 0; call < 300; ++call) {
    const auto items = upto(1 + random() % 100, call);
    const auto before = pool.statistics().messages;
    const auto cubes = pool.map(cube, items, {.chunk = random() % 4});
    ASSERT_EQ(pool.statistics().messages - before, 1U) << "the call is not on the board";
    for (std::size_t i = 0; i < items.size(); ++i) ASSERT_EQ(cubes[i], cube(items[i]));
  }
}

TEST_P(Workers, ExchangeMessagesOfEverySize) {
  ProcessPool pool(GetParam(), {.message_limit = std::size_t{4} << 20U});
  std::minstd_rand random(1);
  for (const std::size_t longest : {0U, 10U, 1000U, 100'000U, 800'000U}) {  // the last ones are stored next to the ring
    const auto given = texts(random, 24, longest);
    const auto found = pool.map(doubled, given, {.chunk = 1 + random() % 5});
    for (std::size_t i = 0; i < given.size(); ++i) ASSERT_EQ(found[i], doubled(given[i]));
  }
}

TEST_P(Workers, SendTheExceptionsOfTasks) {
  ProcessPool pool(GetParam());
  for (int call = 0; call < 50; ++call) {
    const auto items = upto(30, call);
    EXPECT_EQ(check_cubes(items, pool.map_async(cube_or_throw, items).outcomes()), 0U);
    auto alone = pool.apply_async(cube_or_throw, 7L);
    EXPECT_THROW(alone.get(), processes::TaskError);
  }
}

TEST_P(Workers, ServeSeveralThreadsAtOnce) {
  ProcessPool pool(GetParam());
  EXPECT_EQ(call_from_threads(pool, 3), 0U);
  EXPECT_EQ(pool.statistics().workers_lost, 0U);
}

TEST_P(Workers, AreReplacedAfterSoManyTasks) {
  ProcessPool pool(GetParam(), {.tasks_per_worker = 5});
  std::minstd_rand random(1);
  for (int call = 0; call < 20; ++call) EXPECT_EQ(call_once(pool, random), 0U);
  EXPECT_EQ(pool.statistics().workers_lost, 0U);
}

TEST_P(Workers, GoToSleepAndWakeUp) {
  ProcessPool pool(GetParam(), {.spin = std::chrono::nanoseconds(0)});
  EXPECT_EQ(call_from_threads(pool, 2), 0U);
}

// Ten times a second the program checks everything, whatever the workers do.
TEST_P(Workers, AreCheckedInTheMiddleOfTheirTasks) {
  ProcessPool pool(GetParam());
  const std::vector<int> pauses{120, 0, 230, 1, 110, 0, 0, 3};
  EXPECT_EQ(pool.map(sleep_ms, pauses, {.chunk = 1}), pauses);
  const std::vector<std::string> said{"120", "0", "230", "1", "110"};
  EXPECT_EQ(pool.map(say_slept, said, {.chunk = 1}), said);
}

int initialised = 0;
void initialise(int value) { initialised = value; }

TEST(Worker, RunsItsInitialiserFirst) {
  ProcessPool pool(1, {.initialiser = processes::call(initialise, 3)});
  EXPECT_EQ(pool.map(sleep_ms, {0, 1}), (std::vector{0, 1}));
  EXPECT_EQ(initialised, 3) << "the worker is a thread of this process";
}

// Only the future orders the pool's writes before these reads.
TEST_P(Workers, AreNotNeededForAResultThatHasArrived) {
  for (int round = 0; round < 20; ++round) {
    auto pool = std::make_unique<ProcessPool>(GetParam());
    auto cubes = pool->map_async(cube, upto(20));
    cubes.wait();
    auto ended = pool->apply_async(sleep_ms, 60'000);
    std::atomic<bool> gone = false;
    std::thread taking([&] {
      while (!gone.load(std::memory_order_relaxed)) std::this_thread::yield();
      EXPECT_TRUE(ended.ready());
      EXPECT_THROW(ended.get(), PoolClosed);
      EXPECT_EQ(cubes.get()[19], cube(19));
    });
    pool.reset();
    gone.store(true, std::memory_order_relaxed);
    taking.join();
  }
}

TEST_P(Workers, EndInTheMiddleOfCallsWhenThePoolIsTerminated) {
  std::minstd_rand random(1);
  std::size_t closed = 0;
  for (int round = 0; round < 60; ++round) {
    auto pool = std::make_unique<ProcessPool>(GetParam());
    const auto items = upto(40, 1);
    std::vector<std::thread> waiting;
    std::atomic<std::size_t> rejected = 0;
    for (int thread = 0; thread < 3; ++thread) {
      auto numbers = pool->map_async(cube, items, {.chunk = 1 + random() % 3});
      auto words = pool->map_async(say_slept, {"0", "1", "0", "2"}, {.chunk = 1});
      waiting.emplace_back(
          [&rejected, &items, thread, numbers = std::move(numbers), words = std::move(words)]() mutable {
            std::this_thread::sleep_for(std::chrono::microseconds(400 * thread));
            try {
              const auto cubes = numbers.get();
              for (std::size_t i = 0; i < items.size(); ++i) EXPECT_EQ(cubes[i], cube(items[i]));
              EXPECT_EQ(words.get(), (std::vector<std::string>{"0", "1", "0", "2"}));
            } catch (const PoolClosed&) {
              ++rejected;
            }
          });
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    if (random() % 2 == 0) pool->terminate();
    pool.reset();
    for (std::thread& thread : waiting) thread.join();
    closed += rejected;
  }
  EXPECT_GT(closed, 0U) << "no pool was closed in the middle of a call";
}

TEST_P(Workers, EndAfterTheirCallsWhenThePoolIsJoined) {
  std::minstd_rand random(1);
  for (int round = 0; round < 40; ++round) {
    ProcessPool pool(GetParam());
    auto numbers = pool.map_async(cube, upto(50), {.chunk = 1 + random() % 3});
    auto words = pool.map_async(doubled, texts(random, 20, 50), {.chunk = 1});
    std::thread waiting([&words] { EXPECT_EQ(words.get().size(), 20U); });
    pool.close();
    EXPECT_THROW(static_cast<void>(pool.apply(cube, 1L)), PoolClosed);
    pool.join();
    waiting.join();
    EXPECT_EQ(numbers.get()[49], cube(49));
    EXPECT_TRUE(pool.pids().empty());
    EXPECT_EQ(pool.statistics().workers_lost, 0U);
  }
}

// Several threads cancel their own calls, whose tasks run, wait or have ended; no other tasks are lost.
TEST_P(Workers, EndOnlyCancelledTasks) {
  for (const bool driver : {false, true}) {
    ProcessPool pool(GetParam(), {.driver = driver});
    std::vector<std::thread> calling;
    for (unsigned thread = 0; thread < 3; ++thread) {
      calling.emplace_back([&pool, thread] {
        std::minstd_rand random(thread + 1);
        for (const Until end(a_while); end;) {
          auto numbers = pool.map_async(cube, upto(30), {.chunk = 1 + random() % 4});
          auto words = pool.map_async(say_slept, {"0", "60000", "1", "0"}, {.chunk = 1 + random() % 3});
          std::this_thread::sleep_for(std::chrono::microseconds(random() % 500));
          words.cancel(1);
          for (const std::size_t kept : {0U, 2U, 3U}) EXPECT_TRUE(words.outcomes()[kept].value);
          EXPECT_THROW(words.get(), processes::Cancelled);
          if (random() % 2 == 0) numbers.cancel();
          for (const auto& [value, error] : numbers.outcomes()) {
            if (value) continue;
            EXPECT_THROW(std::rethrow_exception(error), processes::Cancelled);
          }
        }
      });
    }
    for (std::thread& thread : calling) thread.join();
  }
}

// On a busy machine, a task that is in time may count as late.
TEST_P(Workers, AreKilledAfterADeadline) {
  ProcessPool pool(GetParam(), {.deadline = std::chrono::milliseconds(300)});
  const std::vector<int> pauses{0, 1, 60'000, 2, 0, 60'000, 1, 0};
  const auto outcomes = pool.map_async(sleep_ms, pauses, {.chunk = 2}).outcomes();
  for (std::size_t i = 0; i < pauses.size(); ++i) {
    if (outcomes[i].value) {
      EXPECT_EQ(*outcomes[i].value, pauses[i]);
      EXPECT_LT(pauses[i], 60'000);
    } else {
      EXPECT_THROW(std::rethrow_exception(outcomes[i].error), DeadlineExceeded);
    }
  }
}

}  // namespace
