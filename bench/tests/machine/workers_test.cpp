#include "machine/workers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/backend.hpp"

namespace {

using testing::ElementsAre;

TEST(Workers, AreSeveralOnAnyMachine) {
  EXPECT_EQ(bench::several(1), 2);
  EXPECT_EQ(bench::several(2), 2);
  EXPECT_EQ(bench::several(3), 3);
  EXPECT_EQ(bench::several(64), 64);
}

TEST(Workers, ScaleUpToEightTimesTheProcessors) {
  EXPECT_THAT(bench::scaling_workers(1), ElementsAre(1, 2, 4, 8));
  EXPECT_THAT(bench::scaling_workers(2), ElementsAre(1, 2, 4, 8, 16));
  EXPECT_THAT(bench::scaling_workers(3), ElementsAre(1, 2, 3, 6, 12, 24));
  EXPECT_THAT(bench::scaling_workers(5), ElementsAre(1, 2, 3, 4, 5, 10, 20, 40));
  EXPECT_THAT(bench::scaling_workers(8), ElementsAre(1, 2, 3, 4, 6, 7, 8, 16, 32, 64));
  EXPECT_THAT(bench::scaling_workers(64), ElementsAre(1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 63, 64, 128, 256, 512));
}

TEST(Workers, ScaleUpToTheMostThatABackendStarts) {
  EXPECT_EQ(bench::scaling_workers(512).back(), backends::most_workers);
  EXPECT_EQ(bench::scaling_workers(513).back(), 4 * 513);
  EXPECT_EQ(bench::scaling_workers(1024).back(), backends::most_workers);
}

TEST(Workers, InASweepAreFewerThanTheProcessorsToo) {
  EXPECT_THAT(bench::sweep_workers(1), ElementsAre(2));
  EXPECT_THAT(bench::sweep_workers(2), ElementsAre(2));
  EXPECT_THAT(bench::sweep_workers(3), ElementsAre(2, 3));
  EXPECT_THAT(bench::sweep_workers(4), ElementsAre(2, 4));
  EXPECT_THAT(bench::sweep_workers(6), ElementsAre(2, 4, 6));
  EXPECT_THAT(bench::sweep_workers(64), ElementsAre(2, 4, 8, 16, 32, 64));
}

TEST(Workers, HaveTheArticlesTasksOr32AProcessor) {
  EXPECT_EQ(bench::scaling_tasks(1), 100);
  EXPECT_EQ(bench::scaling_tasks(2), 100);
  EXPECT_EQ(bench::scaling_tasks(3), 100);
  EXPECT_EQ(bench::scaling_tasks(4), 128);
  EXPECT_EQ(bench::scaling_tasks(64), 2048);
}

TEST(Workers, HaveTheArticlesTasksOr4AProcessorInASweep) {
  EXPECT_EQ(bench::sweep_tasks(1), 100);
  EXPECT_EQ(bench::sweep_tasks(2), 100);
  EXPECT_EQ(bench::sweep_tasks(25), 100);
  EXPECT_EQ(bench::sweep_tasks(64), 256);
  EXPECT_EQ(bench::sweep_tasks(512), 2048);
}

TEST(Workers, UnderLoadAreAroundTheNumberOfProcessors) {
  EXPECT_THAT(bench::load_workers(1), ElementsAre(1, 2));
  EXPECT_THAT(bench::load_workers(2), ElementsAre(1, 2, 3));
  EXPECT_THAT(bench::load_workers(3), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(bench::load_workers(8), ElementsAre(1, 7, 8, 9));
  EXPECT_THAT(bench::load_workers(64), ElementsAre(1, 63, 64, 65));
}

}  // namespace
