#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <ostream>
#include <random>
#include <stdexcept>

#include "golden.hpp"
#include "parzen/counting/kernel.hpp"
#include "parzen/density.hpp"
#include "parzen/random/legacy.hpp"
#include "parzen/widths.hpp"

namespace parzen {

/// Names tests by their parameter.
void PrintTo(const Kernel& kernel, std::ostream* out) { *out << kernel.name; }

}  // namespace parzen

namespace {

using parzen::Counts;
using parzen::Problem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double smallest = std::numeric_limits<double>::denorm_min();
constexpr double largest = std::numeric_limits<double>::max();
constexpr double smallest_normal = std::numeric_limits<double>::min();

Counts count(const parzen::Kernel& kernel, const Problem& problem, const std::vector<double>& widths) {
  Counts counts(widths.size(), -1);
  kernel.count(problem, {0, problem.samples.rows()}, widths, counts);
  return counts;
}

class EveryKernel : public testing::TestWithParam<parzen::Kernel> {};
INSTANTIATE_TEST_SUITE_P(Kernels, EveryKernel, testing::ValuesIn(parzen::kernels().begin(), parzen::kernels().end()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_P(EveryKernel, GivesTheGoldenCounts) {
  for (const auto& g : golden::load()) EXPECT_EQ(count(GetParam(), g.problem, g.widths), g.counts) << g.name;
}

TEST_P(EveryKernel, CountsABlockOfSamples) {
  const Problem problem{parzen::legacy_samples(5, 1000, 3), parzen::Query::Constant(3, 0.1)};
  const std::vector<double> widths{0.5, 3.0, 1.0};
  Counts sum(widths.size(), 0);
  for (const parzen::Range block : {parzen::Range{0, 0}, {0, 1}, {1, 500}, {500, 999}, {999, 1000}}) {
    Counts counts(widths.size(), -1);
    GetParam().count(problem, block, widths, counts);
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += counts[j];
  }
  EXPECT_EQ(sum, count(GetParam(), problem, widths));
}

// Distances at h/2 and its neighbours, for widths over the whole range of double: there a kernel without division could
// differ from one with division.
TEST_P(EveryKernel, AgreesWithTheOracleAtTheBoundary) {
  std::mt19937_64 random(20140620);
  std::vector<double> widths{smallest,
                             2 * smallest,
                             3 * smallest,
                             smallest_normal,
                             std::nextafter(smallest_normal, 1),
                             std::nextafter(2 * smallest_normal, 0),
                             2 * smallest_normal,
                             1.0,
                             largest};
  for (int i = 0; i < 2000; ++i) {
    const auto h = std::bit_cast<double>(random() & 0x7fffffffffffffffULL);
    if (std::isfinite(h) && h > 0) widths.push_back(h);
  }
  for (const double h : widths) {
    std::vector<double> distances{0.0, h / 2, h, smallest, largest};
    double below = h / 2;
    double above = h / 2;
    for (int step = 0; step < 3; ++step) {
      distances.push_back(below = std::nextafter(below, 0.0));
      distances.push_back(above = std::nextafter(above, infinity));
    }
    Problem problem{parzen::Samples(2 * std::ssize(distances), 1), parzen::Query::Zero(1)};
    for (std::size_t i = 0; i < distances.size(); ++i) {
      problem.samples(static_cast<Eigen::Index>(2 * i), 0) = distances[i];
      problem.samples(static_cast<Eigen::Index>(2 * i + 1), 0) = -distances[i];
    }
    ASSERT_EQ(count(GetParam(), problem, {h}), count(parzen::kernel("literal"), problem, {h})) << "h = " << h;
  }
}

TEST_P(EveryKernel, AgreesWithTheOracleOnRandomProblems) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    const auto n = std::uniform_int_distribution<Eigen::Index>(1, 300)(random);
    const auto d = std::uniform_int_distribution<Eigen::Index>(1, 16)(random);
    Problem problem{parzen::Samples(n, d), parzen::Query(d)};
    // On a grid of quarters, so that ties at h/2 are common.
    std::uniform_int_distribution<int> quarter(-8, 8);
    for (double& x : problem.samples.reshaped()) x = quarter(random) / 4.0;
    for (double& q : problem.query) q = quarter(random) / 4.0;
    std::vector<double> widths;
    for (int j = 0; j < 12; ++j) widths.push_back(std::uniform_int_distribution<int>(1, 20)(random) / 4.0);
    ASSERT_EQ(count(GetParam(), problem, widths), count(parzen::kernel("literal"), problem, widths));
  }
}

TEST_P(EveryKernel, CountsADifferenceThatOverflowsAsOutside) {
  Problem problem{parzen::Samples::Constant(1, 1, -largest), parzen::Query::Constant(1, largest)};
  EXPECT_THAT(count(GetParam(), problem, {largest, 1.0}), ElementsAre(0, 0));
}

TEST(Kernel, OfAnUnknownNameIsRejectedWithTheList) {
  EXPECT_THAT([] { parzen::kernel("fast"); },
              ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("'fast'"), HasSubstr("literal, branchless"))));
}

TEST(HalfWidth, IsTheLargestDistanceInside) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 100000; ++i) {
    const auto h = std::bit_cast<double>(random() & 0x7fffffffffffffffULL);
    if (!std::isfinite(h) || h == 0) continue;
    const double half = parzen::half_width(h);
    ASSERT_LE(half / h, 0.5) << h;
    ASSERT_GT(std::nextafter(half, infinity) / h, 0.5) << h;
  }
}

TEST(Legacy, DrawsWhatNumPyDrew) {
  for (const auto& g : golden::load()) {
    const parzen::Samples rows = g.problem.samples.transpose();  // column-major, so sample by sample
    const std::vector<double> drawn(rows.data(), rows.data() + rows.size());
    EXPECT_TRUE(std::ranges::equal(g.first, std::span(drawn).first(g.first.size()))) << g.name;
    EXPECT_TRUE(std::ranges::equal(g.last, std::span(drawn).last(g.last.size()))) << g.name;
  }
}

TEST(Legacy, RejectsInvalidSizes) {
  EXPECT_THROW(parzen::legacy_samples(1, 0, 2), std::invalid_argument);
  EXPECT_THROW(parzen::legacy_samples(1, 2, 0), std::invalid_argument);
  EXPECT_THROW(parzen::legacy_samples(1, -1, -1), std::invalid_argument);
  EXPECT_THAT([] { parzen::legacy_samples(1, std::numeric_limits<std::int64_t>::max() / 2, 3); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("more than can be addressed")));
}

TEST(Widths, AreThoseOfNumPy) {
  const auto all = golden::load();
  EXPECT_EQ(parzen::stepped(0.1, 1.2, 0.1), all.at(0).widths);
  EXPECT_EQ(parzen::linspace(1.0, 1.2, 100), all.at(1).widths);
}

TEST(Widths, SpacedEvenlyAtTheEdges) {
  EXPECT_THAT(parzen::linspace(1, 2, 0), ElementsAre());
  EXPECT_THAT(parzen::linspace(1, 2, 1), ElementsAre(1));
  EXPECT_THAT(parzen::linspace(1, 2, 2), ElementsAre(1, 2));
  EXPECT_THAT(parzen::stepped(1, 1, 0.5), ElementsAre(1));
  EXPECT_THAT(parzen::stepped(1, 2, 0.5), ElementsAre(1, 1.5, 2));
}

TEST(Widths, UnreachableByStepsAreRejected) {
  EXPECT_THAT([] { parzen::stepped(0.1, 1.2, 0.25); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("do not lead from 0.1 to 1.2")));
  EXPECT_THAT([] { parzen::stepped(0, 1, 1e-9); }, ThrowsMessage<std::invalid_argument>(HasSubstr("larger step")));
  for (const double bad : {0.0, -1.0, nan, infinity}) EXPECT_THROW(parzen::stepped(0, 1, bad), std::invalid_argument);
  EXPECT_THROW(parzen::stepped(2, 1, 1), std::invalid_argument);
  EXPECT_THROW(parzen::stepped(nan, 1, 1), std::invalid_argument);
}

TEST(Density, HasTwoNormalisers) {
  using enum parzen::Normaliser;
  EXPECT_DOUBLE_EQ(parzen::density(3, 10, 3, 0.5, volume), 0.3 / 0.125);
  EXPECT_DOUBLE_EQ(parzen::density(3, 10, 3, 0.5, as_published), 0.3 / 0.5);
  EXPECT_EQ(parzen::density(0, 10, 3, 1e-200, volume), 0.0);
  EXPECT_EQ(parzen::normaliser("volume"), volume);
  EXPECT_EQ(parzen::normaliser("as_published"), as_published);
  EXPECT_THAT([] { parzen::normaliser("area"); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("volume, as_published")));
}

TEST(Density, BeyondTheRangeOfDoubleIsInfiniteOrZero) {
  EXPECT_EQ(parzen::density(1, 10, 2, 1e-200, parzen::Normaliser::volume), infinity);
  EXPECT_EQ(parzen::density(1, 10, 2, 1e200, parzen::Normaliser::volume), 0.0);
}

TEST(Check, RejectsInvalidProblems) {
  const parzen::Query origin = parzen::Query::Zero(2);
  EXPECT_NO_THROW(parzen::check({parzen::Samples::Zero(1, 2), origin}));
  EXPECT_THAT([&] { parzen::check({parzen::Samples(0, 2), origin}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("no samples")));
  EXPECT_THAT([&] { parzen::check({parzen::Samples::Zero(1, 3), origin}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("has 2 dimension(s), the samples have 3")));
  for (const double bad : {nan, infinity, -infinity}) {
    Problem problem{parzen::Samples::Zero(3, 2), origin};
    problem.samples(2, 1) = bad;
    EXPECT_THAT([&] { parzen::check(problem); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("dimension 2 of sample 3")));
    EXPECT_THAT([&] { parzen::check({parzen::Samples::Zero(1, 2), parzen::Query::Constant(2, bad)}); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("query point")));
  }
}

TEST(Check, RejectsInvalidWidths) {
  EXPECT_NO_THROW(parzen::check_widths({}));
  EXPECT_NO_THROW(parzen::check_widths(std::vector{smallest, largest}));
  for (const double bad : {0.0, -0.0, -1.0, nan, infinity}) {
    EXPECT_THAT([&] { parzen::check_widths(std::vector{1.0, bad}); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("width 2 of 2")));
  }
}

}  // namespace
