// A fixture for tests of processes.
#pragma once

#include <gtest/gtest.h>

#include "resources.hpp"

/// Checks that a test leaves no child, thread, descriptor or mapping.
class LeavesNothing : public testing::Test {
 protected:
  // Not TearDown(): this runs after the members of a derived fixture are destroyed
  ~LeavesNothing() override { EXPECT_EQ(resources::Snapshot(), before_); }

 private:
  resources::Snapshot before_;
};
