// Memory that the program does not get while its pool starts, waits, handles a death or ends.
#include "faults/program/failing_allocations.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>

#include "faults/fault_test.hpp"

namespace faults::allocations {
namespace {

constexpr int items = 20;

int die_at_3(int item) {
  if (item == 3) std::raise(SIGKILL);
  return item;
}

std::atomic<bool>* last_runs = nullptr;

/// 0 throws before 1 starts, which never ends.
int throw_or_never_end(int item) {
  if (item == 0) throw std::invalid_argument("the program has not read this message when its pool ends");
  *last_runs = true;
  return never_end(item);
}

int never_end_at_3(int item) { return item == 3 ? never_end(item) : item; }

int take_a_millisecond(int item) {
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return item;
}

/// Some tasks die, and some throw.
int end_in_any_way(int item) {
  constexpr int kinds = 7;
  if (item % kinds == 5) throw std::invalid_argument("a message that needs memory wherever it is kept");
  die_at_3(item % kinds);
  return take_a_millisecond(item);
}

/// Too long to need no allocation.
std::string text_of(int item) { return std::string(100, 'x') + std::to_string(item); }
std::string end_as_text(const std::string& item) { return text_of(end_in_any_way(std::stoi(item.substr(100)))); }

std::vector<std::string> texts() {
  std::vector<std::string> all_texts;
  for (int item = 0; item < items; ++item) all_texts.push_back(text_of(item));
  return all_texts;
}

class Allocations : public PoolFaultTest {
 protected:
  using Attempt = std::function<bool(const Failures&)>;  // returns whether an allocation failed

  /// Each of the allocations fails, alone and with those after it, until none is left that could. In the short suite
  /// each fails in one of these ways. In a child: exceptions and messages leave memory of the C library mapped.
  static void let_each_fail(const Attempt& attempt, long step = scaled(3, 1)) {
    in_child([&] {
      bool any = false;
      long offset = 0;
      for (const long in_a_row : full() ? std::vector<long>{1, 2, 3, all} : std::vector<long>{1, 3, all}) {
        for (long first = full() ? 0 : offset++; attempt({first, in_a_row}); first += step) any = true;
      }
      EXPECT_TRUE(any) << "no allocation could fail";
    });
  }

  static void let_some_fail(const Attempt& attempt) {
    in_child([&] {
      bool any = false;
      for (std::uint32_t seed = 1; seed <= scaled(15U, 400U); ++seed) any = attempt({.seed = seed}) || any;
      EXPECT_TRUE(any) << "no allocation failed";
    });
  }

  /// Every task must have a result or an error that says why not.
  template <class Future, class Result>
  static void expect_resolved(Future& future, const std::vector<Result>& expected, const Failures& which) {
    const auto outcomes = future.outcomes();
    EXPECT_EQ(outcomes.size(), expected.size());
    EXPECT_TRUE(wrong(outcomes, [&](std::size_t i) { return expected[i]; }).empty())
        << which.first << ' ' << which.seed;
    for (const auto& outcome : outcomes) {
      if (!outcome.error) continue;
      EXPECT_TRUE(as<processes::PoolError>(outcome.error) || as<std::bad_alloc>(outcome.error));
    }
  }

  /// Or it says why not. No worker may live that the pool has lost.
  void expect_works() {
    try {
      EXPECT_EQ(pool->map(same, upto(items)), upto(items));
      EXPECT_EQ(pool->apply(same, 1), 1);
      const pid_t supervisor = state_of(pool->pids().front()).parent;
      // Not so if it was killed, but ended only now: its workers are another process's children until they end.
      if (state_of(supervisor).parent == ::getpid()) {
        EXPECT_LE(resources::children(supervisor).size(), 2U);
      }
    } catch (const processes::PoolClosed& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("supervisor process was killed 1 times"));
    }
  }

  /// Allocations of a call that waits fail.
  Attempt while_waiting(
      int (*task)(int), const processes::PoolOptions& options, const std::function<void()>& before = [] {}) {
    return [this, task, options, before](const Failures& which) {
      make_pool(2, options);
      auto future = pool->map_async(task, upto(items), {.chunk = 2});
      before();
      const bool any = failed_in(which, [&] { future.wait(); });
      expect_resolved(future, upto(items), which);
      expect_works();
      pool.reset();
      return any;
    };
  }

  /// Allocations of a pool's end fail, with tasks that have not ended.
  template <class Task, class Item>
  Attempt at_the_end(Task task, const std::vector<Item>& of, const std::function<void()>& end) {
    return [this, task, of, end](const Failures& which) {
      make_pool(2, {.attempts = 2});
      auto future = pool->map_async(task, of, {.chunk = 3});
      static_cast<void>(future.wait_for(std::chrono::milliseconds(3)));
      const bool any = failed_in(which, end);
      if (pool) {
        EXPECT_TRUE(thrown_by<processes::PoolClosed>([&] { pool->close(), pool->map(same, upto(items)); }));
        pool->join();
      }
      expect_resolved(future, of, which);
      pool.reset();
      return any;
    };
  }

  /// Allocations of calls fail by chance while they wait: no task may be lost.
  template <class Task, class Item>
  Attempt in_calls(Task task, const std::vector<Item>& of, bool driver) {
    return [this, task, of, driver](Failures which) {
      const std::uint32_t seed = which.seed;
      which.in_a_row = 1 + seed % 3;
      make_pool(2, {.driver = driver, .attempts = 1 + static_cast<int>(seed % 2)});
      bool any = false;
      const auto failed_here = [&](const auto& act) {
        which.seed += 1'000;
        any = failed_in(which, act) || any;
      };
      constexpr int rounds = 5;
      for (int round = 0; round < rounds; ++round) {
        auto future = pool->map_async(task, of, {.chunk = 1 + seed % 7});
        failed_here([&] {
          for (bool again = true; again;) {
            try {
              future.wait();
              again = false;
            } catch (const std::bad_alloc&) {
            }
          }
        });
        expect_resolved(future, of, which);
        failed_here([&] {
          try {
            const Item& item = of[static_cast<std::size_t>(round)];
            EXPECT_EQ(pool->apply(task, item), item);
          } catch (const processes::PoolError&) {
          }
        });
        auto cancelled = pool->map_async(task, of);
        failed_here([&] { cancelled.cancel(); });
        expect_resolved(cancelled, of, which);
      }
      expect_works();
      pool.reset();
      return any;
    };
  }

  /// Allocations of next() fail: no later item may be left out.
  template <class Item>
  Attempt in_a_stream(Item (*task)(const Item&), const std::vector<Item>& of) {
    return [this, task, of](const Failures& which) {
      make_pool(2);
      auto results = pool->imap(task, of, {.chunk = 3});
      std::vector<Item> found;
      found.reserve(of.size());
      std::size_t calls = 0;
      std::size_t errors = 0;
      const bool any = failed_in(which, [&] {
        for (bool ended = false; !ended; ++calls) {
          try {
            auto next = results.next();
            ended = !next;
            if (next) found.push_back(std::move(*next));
          } catch (const std::bad_alloc&) {
            constexpr std::size_t enough = 5;
            if (++errors == enough) let_all_succeed();
          }
        }
      });
      // A call returns an item, says that it or a task has failed, or is the last one.
      EXPECT_GE(calls, of.size() + 1) << which.first;
      auto rest = of.begin();
      for (const Item& item : found) {
        rest = std::find(rest, of.end(), item);
        EXPECT_NE(rest, of.end()) << which.first;
        if (rest != of.end()) ++rest;
      }
      expect_works();
      pool.reset();
      return any;
    };
  }
};

TEST_P(Allocations, OfAWorkersDeathMayFail) {
  let_each_fail(while_waiting(die_at_3, {}));
  let_each_fail(while_waiting(die_at_3, {.attempts = 3}));
}

TEST_P(Allocations, OfALateTaskMayFail) {
  let_each_fail(while_waiting(never_end_at_3, {.deadline = std::chrono::milliseconds(5)}));
}

TEST_P(Allocations, OfASupervisorsDeathMayFail) {
  const auto kill = [this] { strike(state_of(pool->pids().front()).parent, SIGKILL); };
  let_each_fail(while_waiting(take_a_millisecond, {.attempts = 3}, kill), scaled(5, 1));
  let_each_fail(while_waiting(take_a_millisecond, {.max_start_failures = 1}, kill));
}

TEST_P(Allocations, OfTheConstructorMayFail) {
  let_each_fail([this](const Failures& which) {
    const bool any = failed_in(which, [&] { make_pool(2); });
    if (!pool) make_pool(2);
    expect_works();
    pool.reset();
    return any;
  });
}

TEST_P(Allocations, OfAnEndMayFail) {
  const std::vector<std::function<void()>> ends{[this] { pool->terminate(); }, [this] { pool.reset(); },
                                                [this] { pool->close(), pool->join(); }};
  for (const auto& end : ends) {
    let_each_fail(at_the_end(end_in_any_way, upto(items), end));
    let_each_fail(at_the_end(end_as_text, texts(), end));
  }
}

TEST_P(Allocations, OfAnEndThatReadsTheFirstOutcomeMayFail) {
  for (const bool by_destructor : {false, true}) {
    in_child([&] {
      const SharedPage<std::atomic<bool>> page;
      last_runs = page.get();
      make_pool(1);
      // A request or chunk of two tasks. No call of the program reads the first outcome before the end does.
      auto future = pool->map_async(throw_or_never_end, upto(2), {.chunk = 2});
      wait_until([] { return last_runs->load(); });
      bool ended = false;
      const auto end = [&] {
        if (by_destructor) pool.reset();
        if (pool) pool->terminate();
        ended = true;
      };
      EXPECT_TRUE(failed_in({.in_a_row = all}, end)) << "no allocation could fail";
      ASSERT_TRUE(ended);
      expect_resolved(future, upto(2), {});
      pool.reset();
    });
  }
}

TEST_P(Allocations, OfAStreamMayFail) {
  let_each_fail(in_a_stream<int>([](const int& item) { return item; }, upto(items)));
  let_each_fail(in_a_stream<std::string>([](const std::string& item) { return item; }, texts()));
}

TEST_P(Allocations, OfAnyCallMayFail) {
  for (const bool driver : {false, true}) {
    let_some_fail(in_calls(end_in_any_way, upto(items), driver));
    let_some_fail(in_calls(end_as_text, texts(), driver));
  }
}

WITH_BOTH_TRANSPORTS(Allocations);

}  // namespace
}  // namespace faults::allocations
