// The end of a pool races with its users: every task is resolved once, and every call returns.
#include <atomic>
#include <random>
#include <thread>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"

namespace faults::races {
namespace {

using processes::ForkServer;
using processes::PoolClosed;
using processes::ProcessPool;

int nap(int item) {
  std::this_thread::sleep_for(std::chrono::microseconds(20));
  return item;
}

class Races : public PoolFaultTest {
 protected:
  /// Ends a pool at random moments while threads submit to it and wait for its futures; repeatedly.
  template <class End>
  void race(bool tasks_complete, const End& end) {
    in_child([&] {
      const ForkServer fork_server;
      std::mt19937 random(42);
      for (int round = 0; round < scaled(30, 350); ++round) {
        make_pool(2);
        std::atomic<int> submitting = 0;
        std::vector<std::jthread> users;
        for (const int chunk : {1, 5, 0}) users.emplace_back([&, chunk] { use(submitting, chunk, tasks_complete); });
        wait_until([&] { return submitting == 3; });
        std::this_thread::sleep_for(std::chrono::microseconds(std::uniform_int_distribution(0, 2'000)(random)));
        end();
      }
      pool.reset();
    });
  }

  /// Until the pool is closed.
  void use(std::atomic<int>& submitting, int chunk, bool tasks_complete) {
    ++submitting;
    try {
      while (true) {
        auto future = pool->map_async(nap, upto(40), {.chunk = static_cast<std::size_t>(chunk)});
        auto looked_at = pool->apply_async(nap, 7);
        while (!looked_at.ready()) std::this_thread::yield();
        const auto outcomes = future.outcomes();
        EXPECT_TRUE(wrong(outcomes, [](std::size_t i) { return static_cast<int>(i); }).empty());
        for (const auto& outcome : outcomes) {
          EXPECT_TRUE(outcome.value || (!tasks_complete && as<PoolClosed>(outcome.error)));
        }
      }
    } catch (const PoolClosed&) {
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
};

TEST_P(Races, OfCloseAndJoinLoseNoTask) {
  race(true, [this] {
    pool->close();
    pool->join();
    EXPECT_TRUE(pool->pids().empty());
  });
}

TEST_P(Races, OfTerminateResolveEveryTask) {
  race(false, [this] { pool->terminate(); });
}

TEST_P(Races, OfSeveralEndsEndThePoolOnce) {
  race(false, [this] {
    const std::jthread closer([this] { pool->close(); });
    const std::jthread one([this] { pool->terminate(); });
    const std::jthread other([this] { pool->terminate(); });
  });
}

TEST_P(Races, OfTheDestructorAgainstFuturesResolveEveryTask) {
  in_child([this] {
    const ForkServer fork_server;
    std::mt19937 random(42);
    for (int round = 0; round < scaled(30, 350); ++round) {
      make_pool(2);
      auto future = pool->map_async(nap, upto(200), {.chunk = 3});
      auto endless = pool->apply_async(never_end, 1);
      std::atomic<int> waiting = 0;
      std::vector<std::jthread> users;
      users.emplace_back([&waiting, future]() mutable {
        ++waiting;
        const auto outcomes = future.outcomes();
        EXPECT_TRUE(wrong(outcomes, [](std::size_t i) { return static_cast<int>(i); }).empty());
        for (const auto& outcome : outcomes) EXPECT_TRUE(outcome.value || as<PoolClosed>(outcome.error));
      });
      users.emplace_back([&waiting, endless]() mutable {
        ++waiting;
        EXPECT_THROW(endless.get(), PoolClosed);
      });
      users.emplace_back([&waiting, endless]() mutable {
        ++waiting;
        while (!endless.ready()) std::this_thread::yield();
        EXPECT_THROW(endless.get(), PoolClosed);
      });
      wait_until([&] { return waiting == 3; });
      std::this_thread::sleep_for(std::chrono::microseconds(std::uniform_int_distribution(0, 2'000)(random)));
      pool.reset();
    }
  });
}

WITH_BOTH_TRANSPORTS(Races);

}  // namespace
}  // namespace faults::races
