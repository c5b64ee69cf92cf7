// A fixture for tests of processes.
#pragma once

#include <gtest/gtest.h>

#include "resources.hpp"

/// Whatever a test does, it leaves no child, thread, descriptor or mapping.
class LeavesNothing : public testing::Test {
 protected:
  // Not TearDown(), so that it is after what a derived fixture holds has gone.
  ~LeavesNothing() override { EXPECT_EQ(resources::Snapshot(), before_); }

 private:
  resources::Snapshot before_;
};
