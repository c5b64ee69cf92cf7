// The kernels that Highway compiles for every instruction set, with each that this CPU has, down to the scalar one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hwy/targets.h>
#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "golden.hpp"
#include "host/huge_pages.hpp"
#include "parzen/counting/indexed.hpp"
#include "parzen/counting/kernel.hpp"
#include "parzen/counting/stream_read.hpp"
#include "parzen/random/legacy.hpp"
#include "processes/shared_memory.hpp"

namespace {

using parzen::Counts;
using parzen::Problem;

std::vector<std::int64_t> targets() {
  std::vector<std::int64_t> all;
  for (std::int64_t rest = hwy::SupportedTargets(); rest != 0; rest &= rest - 1) all.push_back(rest & -rest);
  return all;
}

class EveryInstructionSet : public testing::TestWithParam<std::tuple<std::int64_t, std::string>> {
 protected:
  EveryInstructionSet() { hwy::SetSupportedTargetsForTest(std::get<0>(GetParam())); }
  ~EveryInstructionSet() override { hwy::SetSupportedTargetsForTest(0); }

  [[nodiscard]] static Counts count(const Problem& problem, const std::vector<double>& widths) {
    Counts counts(widths.size(), -1);
    parzen::kernel(std::get<1>(GetParam())).count(problem, {0, problem.samples.rows()}, widths, counts);
    return counts;
  }

  [[nodiscard]] static Counts expected(const Problem& problem, const std::vector<double>& widths) {
    Counts counts(widths.size(), -1);
    parzen::count_literal(problem, {0, problem.samples.rows()}, widths, counts);
    return counts;
  }
};

INSTANTIATE_TEST_SUITE_P(, EveryInstructionSet,
                         testing::Combine(testing::ValuesIn(targets()), testing::Values("simd", "fused", "indexed")),
                         [](const auto& tested) {
                           return std::string(hwy::TargetName(std::get<0>(tested.param))) + "_" +
                                  std::get<1>(tested.param);
                         });

TEST_P(EveryInstructionSet, GivesTheGoldenCounts) {
  for (const auto& g : golden::load()) EXPECT_EQ(count(g.problem, g.widths), g.counts) << g.name;
}

TEST_P(EveryInstructionSet, AgreesWithTheOracleAtTheBoundaryOfEveryLane) {
  constexpr double smallest = std::numeric_limits<double>::denorm_min();
  constexpr double largest = std::numeric_limits<double>::max();
  const std::vector<double> widths{smallest, 3 * smallest, 2e-308, 0.1, 1.0, 3.0, 1e300, largest};
  std::vector<double> distances;
  for (const double h : widths) {
    for (const double at : {h / 2, std::nextafter(h / 2, 0.0), std::nextafter(h / 2, largest), h}) {
      distances.push_back(at);
      distances.push_back(-at);
    }
  }
  for (Eigen::Index d = 1; d <= 4; ++d) {
    const Eigen::Index n = std::ssize(distances);
    Problem problem{parzen::Samples(n, d), parzen::Query::Zero(d)};
    for (Eigen::Index c = 0; c < d; ++c) {
      for (Eigen::Index i = 0; i < n; ++i) {
        problem.samples(i, c) = distances[static_cast<std::size_t>((i + 5 * c) % n)];
      }
    }
    EXPECT_EQ(count(problem, widths), expected(problem, widths)) << d;
  }
}

// With all sizes that fill some vectors and some lanes: at the largest half width, at the smallest, and next to them.
TEST_P(EveryInstructionSet, CountsSamplesAtTheOutermostHalfWidths) {
  const std::vector<double> widths{2.0, 1.0};
  for (const double distance : {0.5, std::nextafter(0.5, 1), 1.0, std::nextafter(1.0, 2)}) {
    for (Eigen::Index n = 1; n <= 70; ++n) {
      Problem problem{parzen::Samples(n, 2), parzen::Query::Zero(2)};
      problem.samples.setZero();
      problem.samples.col(1).setConstant(-distance);
      EXPECT_EQ(count(problem, widths), (Counts{distance <= 1 ? n : 0, distance <= 0.5 ? n : 0})) << n << " samples";
    }
  }
}

// Ranges that fill their last word in every way, with all samples between the half widths.
TEST_P(EveryInstructionSet, ReadsNothingBeyondTheSamples) {
  const std::size_t page = host::page_size();
  const auto n = static_cast<Eigen::Index>(page / sizeof(double));
  constexpr Eigen::Index lengths = 512;
  for (Eigen::Index d = 1; d <= 4; ++d) {
    const std::size_t size = page * static_cast<std::size_t>(d);
    const processes::SharedMemory memory(size + page);
    ASSERT_EQ(::mprotect(memory.data() + size, page, PROT_NONE), 0);
    Problem problem{parzen::Samples(memory, n, d), parzen::Query::Zero(d)};
    problem.samples.setOnes();
    for (Eigen::Index begin = n - lengths; begin < n; ++begin) {
      Counts counts(2, -1);
      parzen::kernel(std::get<1>(GetParam())).count(problem, {begin, n}, std::vector<double>{1.0, 4.0}, counts);
      ASSERT_EQ(counts, (Counts{0, n - begin})) << d << " dimensions from " << begin;
    }
  }
}

// Many samples at h/2 and some a few units in the last place below it: sorting or filtering by arithmetic instead of
// comparison would treat them as equal.
TEST_P(EveryInstructionSet, DistinguishesDistancesThatDifferInTheLastPlace) {
  for (const double half : {0.5, 1e-3, 1e-17, 5e-310}) {
    for (const Eigen::Index n : {300, 1539, 10'000}) {
      const double below = std::nextafter(half, 0.0);
      Problem problem{parzen::Samples(n, 1), parzen::Query::Zero(1)};
      for (Eigen::Index i = 0; i < n; ++i) {
        problem.samples(i, 0) = i % 10 != 0 ? half : i % 20 != 0 ? below : std::nextafter(below, 0.0);
      }
      const std::vector<double> widths{2 * half, 2 * below, 2 * std::nextafter(below, 0.0), 4 * half};
      for (int times = 0; times < 5; ++times) EXPECT_EQ(count(problem, widths), expected(problem, widths)) << n;
    }
  }
}

// More half widths than cells; dense and sparse words alternate, with infinite distances.
TEST_P(EveryInstructionSet, CountsForThousandsOfWidths) {
  std::mt19937_64 random(9);
  std::normal_distribution<double> normal;
  Problem problem{parzen::Samples(1111, 2), parzen::Query::Constant(2, 1e300)};
  for (Eigen::Index i = 0; i < problem.samples.rows(); ++i) {
    const double scale = i / 200 % 2 == 0 ? 1e298 : 1e307;
    problem.samples.row(i) << 1e300 + scale * normal(random), i % 97 == 0 ? -1.7e308 : 1e300;
  }
  std::vector<double> widths(5000);
  for (double& h : widths) h = 1e298 * std::abs(normal(random)) + 1e290;
  EXPECT_EQ(count(problem, widths), expected(problem, widths));
}

// Sizes around those of vectors and words; widths in any order, repeated, far apart and close.
TEST_P(EveryInstructionSet, AgreesWithTheOracleOnRandomProblems) {
  std::mt19937_64 random(4);
  const auto any = [&random](auto first, auto last) { return std::uniform_int_distribution(first, last)(random); };
  for (int round = 0; round < 60; ++round) {
    const Eigen::Index n = round % 20 == 0 ? any(2000, 6200) : round % 3 == 0 ? any(70, 700) : any(1, 70);
    const Eigen::Index d = any(1, 16);
    const bool ties = any(0, 1) == 0;
    std::normal_distribution<double> normal;
    const auto coordinate = [&] { return ties ? any(-8, 8) / 4.0 : normal(random); };
    Problem problem{parzen::Samples(n, d), parzen::Query(d)};
    for (double& x : problem.samples.reshaped()) x = coordinate();
    for (double& q : problem.query) q = coordinate() / 2;
    std::vector<double> widths(static_cast<std::size_t>(any(1, 120)));
    for (double& h : widths) {
      switch (any(0, 3)) {
        case 0:
          h = any(1, 40) / 4.0;
          break;
        case 1:
          h = 2 + 1e-9 * any(1, 1000);
          break;
        case 2:
          h = std::exp(4 * normal(random));
          break;
        default:
          h = 6 * std::uniform_real_distribution<double>(0.001, 1)(random);
      }
    }
    Counts right = expected(problem, widths);
    ASSERT_EQ(count(problem, widths), right) << "round " << round << ", n " << n << ", d " << d;
    std::ranges::sort(widths);
    std::ranges::sort(right);  // a wider window contains no fewer
    ASSERT_EQ(count(problem, widths), right) << "in order, round " << round;
  }
}

// It reads all coordinates: of a block and of the whole, whatever the values.
TEST(StreamRead, CountsTheNegativeCoordinatesOnEveryInstructionSet) {
  std::mt19937_64 random(7);
  const auto any = [&random](auto first, auto last) { return std::uniform_int_distribution(first, last)(random); };
  for (const std::int64_t target : targets()) {
    hwy::SetSupportedTargetsForTest(target);
    for (int round = 0; round < 100; ++round) {
      const Eigen::Index n = any(1, 300);
      Problem problem{parzen::Samples(n, any(1, 9)), {}};
      problem.query = parzen::Query::Zero(problem.samples.cols());
      for (double& x : problem.samples.reshaped()) x = any(-2, 2) * std::numeric_limits<double>::denorm_min();
      const Eigen::Index begin = any(Eigen::Index{0}, n);
      const Eigen::Index size = any(Eigen::Index{0}, n - begin);
      Counts counts(2, -1);
      parzen::stream_read.count(problem, {begin, begin + size}, {}, counts);
      ASSERT_EQ(counts, Counts(2, (problem.samples.middleRows(begin, size).array() < 0).count())) << round;
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(Index, CountsRepeatedly) {
  const Problem problem{parzen::legacy_samples(3, 1000, 2), parzen::Query::Zero(2)};
  const parzen::Index index(problem, {100, 900});
  for (const std::vector<double>& widths : {std::vector{0.5, 3.0, 1.0, 1.0}, {1.0}, {}, {0.1, 0.2, 50.0}}) {
    Counts counts(widths.size(), -1);
    Counts right(widths.size(), -1);
    index.count(widths, counts);
    parzen::count_literal(problem, {100, 900}, widths, right);
    EXPECT_EQ(counts, right);
  }
}

TEST(InstructionSets, AreTestedDownToTheOneWithoutVectors) {
  EXPECT_NE(hwy::SupportedTargets() & (HWY_SCALAR | HWY_EMU128), 0);
}

}  // namespace
