// Shared by the pool's tests: tasks, and a fixture that checks for leftovers.
#pragma once

#include <signal.h>  // NOLINT(modernize-deprecated-headers): raise's numbers are POSIX, not C++
#include <unistd.h>

#include <numeric>
#include <vector>

#include "leaves_nothing.hpp"

using PoolTest = LeavesNothing;

inline long cube(long x) { return x * x * x; }

inline int same(int x) { return x; }

inline int die_by(int signal) { return raise(signal); }

inline int never_end(int x) {
  while (true) pause();
  return x;
}

inline std::vector<int> upto(int n) {
  std::vector<int> numbers(static_cast<std::size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}
