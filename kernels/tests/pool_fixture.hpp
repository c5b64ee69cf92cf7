// What the tests of the pool share: tasks, and that nothing is left behind.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): raise's numbers are POSIX, not C++
#include <unistd.h>

#include <numeric>
#include <vector>

#include "resources.hpp"

/// Whatever a test does, it leaves no child, thread, descriptor or mapping.
class PoolTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(resources::Snapshot(), before_); }

 private:
  resources::Snapshot before_;
};

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
