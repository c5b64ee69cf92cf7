// Random calls of a pool with known outcomes, sent in all ways.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "processes/pool.hpp"

namespace threads {

inline constexpr int throws = 7;  // every seventh number throws

inline long cube(long x) { return x * x * x; }
inline long cube_or_throw(long x) {
  if (x % throws == 0) throw std::out_of_range(std::to_string(x));
  return cube(x);
}
inline std::string doubled(const std::string& text) { return text + text; }
inline long sum(long a, const std::vector<long>& others) { return std::accumulate(others.begin(), others.end(), a); }
inline int sleep_ms(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  return milliseconds;
}
inline std::string say_slept(const std::string& milliseconds) {
  sleep_ms(std::stoi(milliseconds));
  return milliseconds;
}

inline std::vector<long> upto(std::size_t n, long first = 0) {
  std::vector<long> numbers(n);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

/// As many texts, each of at most that many bytes.
inline std::vector<std::string> texts(std::minstd_rand& random, std::size_t n, std::size_t longest) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < n; ++i)
    all.emplace_back(random() % (longest + 1), static_cast<char>('a' + random() % 26));
  return all;
}

/// Expects that error to be WorkerLost with that index.
inline void expect_lost(const std::exception_ptr& error, std::size_t index) {
  try {
    std::rethrow_exception(error);
  } catch (const processes::WorkerLost& lost) {
    EXPECT_EQ(lost.index, index);
  } catch (const std::exception& other) {
    ADD_FAILURE() << other.what();
  }
}

/// Checks the outcomes of a map of cube_or_throw: each is right, or its worker was lost. Returns how many were lost.
inline std::size_t check_cubes(const std::vector<long>& items, const std::vector<processes::Outcome<long>>& outcomes) {
  std::size_t lost = 0;
  EXPECT_EQ(outcomes.size(), items.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto& [value, error] = outcomes[i];
    if (value) {
      EXPECT_NE(items[i] % throws, 0);
      EXPECT_EQ(*value, cube(items[i]));
      continue;
    }
    try {
      std::rethrow_exception(error);
    } catch (const processes::TaskError& thrown) {
      EXPECT_EQ(thrown.index, i);
      EXPECT_EQ(thrown.type, "std::out_of_range");
      EXPECT_EQ(thrown.message, std::to_string(items[i]));
      EXPECT_EQ(items[i] % throws, 0);
    } catch (...) {
      expect_lost(std::current_exception(), i);
      ++lost;
    }
  }
  return lost;
}

/// A time limit: long enough for many thousand calls.
class Until {
 public:
  explicit Until(std::chrono::milliseconds from_now) : end_(std::chrono::steady_clock::now() + from_now) {}
  explicit operator bool() const { return std::chrono::steady_clock::now() < end_; }

 private:
  std::chrono::steady_clock::time_point end_;
};
inline constexpr std::chrono::milliseconds a_while{1000};

/// Makes a random call and checks its outcome. Returns the number of tasks that were lost with their workers.
inline std::size_t call_once(processes::ProcessPool& pool, std::minstd_rand& random) {
  const auto items = upto(1 + random() % 60, static_cast<long>(random() % 1000));
  const std::size_t chunk = random() % 5;
  switch (random() % 5) {
    case 0:
      return check_cubes(items, pool.map_async(cube_or_throw, items, {.chunk = chunk}).outcomes());
    case 1: {
      const auto given = texts(random, 1 + random() % 20, 100);
      const auto outcomes = pool.map_async(doubled, given, {.chunk = chunk}).outcomes();
      std::size_t lost = 0;
      for (std::size_t i = 0; i < given.size(); ++i) {
        if (outcomes[i].value) {
          EXPECT_EQ(*outcomes[i].value, doubled(given[i]));
        } else {
          expect_lost(outcomes[i].error, i);
          ++lost;
        }
      }
      return lost;
    }
    case 2: {
      auto one = pool.apply_async(sum, 5L, items);
      auto other = pool.map_async(cube_or_throw, items, {.chunk = chunk});
      static_cast<void>(one.ready());
      EXPECT_GT(pool.statistics().messages, 0U);
      std::size_t lost = check_cubes(items, other.outcomes());
      try {
        EXPECT_EQ(one.get(), sum(5, items));
      } catch (const processes::WorkerLost&) {
        ++lost;
      }
      return lost;
    }
    default:
      try {
        std::vector<long> cubes;
        for (const long item : items) cubes.push_back(cube(item));
        EXPECT_EQ(pool.map(cube, items, {.chunk = chunk}), cubes);
        return 0;
      } catch (const processes::WorkerLost&) {
        return 1;
      }
  }
}

/// Makes calls from several threads until the time is over.
inline std::size_t call_from_threads(processes::ProcessPool& pool, unsigned threads) {
  std::vector<std::size_t> lost(threads, 0);
  std::vector<std::thread> calling;
  for (unsigned thread = 0; thread < threads; ++thread) {
    calling.emplace_back([&pool, &here = lost[thread], thread] {
      std::minstd_rand random(thread + 1);
      for (const Until end(a_while); end;) here += call_once(pool, random);
    });
  }
  for (std::thread& thread : calling) thread.join();
  return std::accumulate(lost.begin(), lost.end(), std::size_t{0});
}

}  // namespace threads
