#include <Random123/philox.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>
#include <random>
#include <stdexcept>
#include <thread>

#include "parzen/random/counter.hpp"

namespace {

using parzen::counter_samples;
using parzen::draw_counter;
using parzen::Range;
using parzen::Samples;
using testing::HasSubstr;
using testing::ThrowsMessage;

using Words = std::array<std::uint64_t, 4>;

// From Random123's own kat_vectors, for philox4x64 with 10 rounds: counter and key all zeros, and all ones.
constexpr Words of_zeros{0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b};
constexpr Words of_ones{0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6, 0xa09caebf594f0ba0};

Words philox(const Words& counter, const std::array<std::uint64_t, 2>& key) {
  const auto words = r123::Philox4x64()({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
  return {words[0], words[1], words[2], words[3]};
}

bool same_bytes(const Samples& one, const Samples& other) {
  return one.rows() == other.rows() && one.cols() == other.cols() &&
         std::memcmp(one.data(), other.data(), one.memory().size()) == 0;
}

/// The normals of four words by Box and Muller, with more digits than a double has.
std::array<long double, 4> normals(const Words& words) {
  std::array<long double, 4> values{};
  const auto uniform = [](std::uint64_t word) { return static_cast<long double>((word >> 11U) + 1) / 0x1p53L; };
  for (std::size_t pair = 0; pair < values.size(); pair += 2) {
    const long double radius = std::sqrt(-2 * std::log(uniform(words[pair])));
    const long double angle = 2 * std::numbers::pi_v<long double> * uniform(words[pair + 1]);
    values[pair] = radius * std::cos(angle);
    values[pair + 1] = radius * std::sin(angle);
  }
  return values;
}

TEST(Counter, MatchesThePublishedPhilox) {
  constexpr std::uint64_t ones = ~std::uint64_t{0};
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), of_zeros);
  EXPECT_EQ(philox({ones, ones, ones, ones}, {ones, ones}), of_ones);
}

TEST(Counter, DrawsFourSamplesOfADimensionFromOneBlock) {
  const Samples first = counter_samples(0, 4, 1);
  const auto expected = normals(of_zeros);
  for (Eigen::Index i = 0; i < 4; ++i) {
    EXPECT_NEAR(first(i, 0), static_cast<double>(expected[static_cast<std::size_t>(i)]), 1e-15) << i;
  }
  const std::uint64_t seed = 0x123456789abcdef0;
  const Samples samples = counter_samples(seed, 47, 3);
  for (const Eigen::Index c : {0, 1, 2}) {
    for (Eigen::Index i = 0; i < samples.rows(); ++i) {
      const Words place{static_cast<std::uint64_t>(i / 4), static_cast<std::uint64_t>(c), 0, 0};
      const auto value = normals(philox(place, {seed, 0}))[static_cast<std::size_t>(i % 4)];
      EXPECT_NEAR(samples(i, c), static_cast<double>(value), 1e-14) << i << ", " << c;
    }
  }
}

TEST(Counter, DrawsTheSameBytesInAnyBlocks) {
  constexpr std::int64_t n = 1003;
  const Samples whole = counter_samples(5, n, 3);
  std::mt19937 random(20111112);
  for (int partition = 0; partition < 200; ++partition) {
    std::vector<std::int64_t> bounds{0, n};
    for (int cut = partition % 40; cut > 0; --cut) bounds.push_back(std::uniform_int_distribution(0L, n)(random));
    std::ranges::sort(bounds);
    std::vector<Range> blocks;
    for (std::size_t i = 1; i < bounds.size(); ++i) blocks.push_back({bounds[i - 1], bounds[i]});
    std::ranges::shuffle(blocks, random);
    Samples parts(n, 3);
    for (const Range block : blocks) draw_counter(5, block, parts);
    ASSERT_TRUE(same_bytes(parts, whole)) << "partition " << partition;
  }
}

TEST(Counter, DrawsAPartWithoutTheRest) {
  const Samples whole = counter_samples(5, 1003, 3);
  for (const Range part : {Range{0, 1003}, {0, 1}, {1, 3}, {2, 7}, {501, 1003}, {1002, 1003}}) {
    const Samples rows = whole.middleRows(part.begin, part.size());
    EXPECT_TRUE(same_bytes(parzen::counter_part(5, part, 3), rows)) << part.begin << " to " << part.end;
  }
  constexpr std::int64_t far = 1'000'000'000'000'000;  // no memory has so many
  EXPECT_EQ(parzen::counter_part(5, {far, far + 4}, 2).rows(), 4);
  EXPECT_EQ(parzen::counter_part(5, {3, 3}, 2).rows(), 0);
}

TEST(Counter, DrawsBlocksInManyThreadsAtOnce) {
  constexpr std::int64_t n = 1003;
  Samples parts(n, 2);
  {
    std::vector<std::jthread> threads;
    for (const Range block : {Range{0, 251}, {251, 501}, {501, 502}, {502, n}}) {
      threads.emplace_back([block, &parts] { draw_counter(6, block, parts); });
    }
  }
  EXPECT_TRUE(same_bytes(parts, counter_samples(6, n, 2)));
}

TEST(Counter, WritesNothingOutsideOfTheBlock) {
  Samples samples(20, 2);
  samples.setConstant(9);
  draw_counter(7, {3, 9}, samples);
  for (Eigen::Index i = 0; i < samples.rows(); ++i) {
    for (Eigen::Index c = 0; c < samples.cols(); ++c) EXPECT_EQ(samples(i, c) == 9, i < 3 || i >= 9) << i << ", " << c;
  }
}

TEST(Counter, MakesASmallDataSetTheBeginningOfALargeOne) {
  const Samples small = counter_samples(8, 10, 2);
  EXPECT_EQ(Eigen::MatrixXd(small), Eigen::MatrixXd(counter_samples(8, 999, 5).topLeftCorner(10, 2)));
}

TEST(Counter, DrawsOtherSamplesFromAnotherSeed) {
  const Samples one = counter_samples(1, 1000, 2);
  for (const std::uint64_t seed :
       {std::uint64_t{0}, std::uint64_t{2}, (std::uint64_t{1} << 32U) + 1, ~std::uint64_t{0}}) {
    EXPECT_EQ((one.array() == counter_samples(seed, 1000, 2).array()).count(), 0) << seed;
  }
}

// Bounds of four standard errors of n independent standard normals.
TEST(Counter, DrawsStandardNormals) {
  constexpr Eigen::Index n = 200'000;
  const Samples samples = counter_samples(123, n, 4);
  const double error = 4 / std::sqrt(static_cast<double>(n));
  for (Eigen::Index c = 0; c < samples.cols(); ++c) {
    const Eigen::ArrayXd x = samples.col(c).array();
    EXPECT_NEAR(x.mean(), 0, error) << c;
    EXPECT_NEAR(x.square().mean(), 1, error * std::sqrt(2.0)) << c;
    EXPECT_NEAR(x.cube().mean(), 0, error * std::sqrt(15.0)) << c;
    EXPECT_NEAR(x.square().square().mean(), 3, error * std::sqrt(96.0)) << c;
  }
}

TEST(Counter, DrawsFromTheNormalDistributionFunction) {
  constexpr Eigen::Index n = 200'000;
  Samples samples = counter_samples(123, n, 4);
  for (Eigen::Index c = 0; c < samples.cols(); ++c) {
    auto column = samples.col(c);
    std::sort(column.begin(), column.end());
    double distance = 0;
    for (Eigen::Index i = 0; i < n; ++i) {
      const double below = std::erfc(-column[i] / std::numbers::sqrt2) / 2;
      distance = std::max({distance, below - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - below});
    }
    // The Kolmogorov-Smirnov statistic that 1 in 1,000 exceeds.
    EXPECT_LT(distance * std::sqrt(static_cast<double>(n)), 1.95) << c;
  }
}

TEST(Counter, DrawsDimensionsAndNeighboursThatDoNotCorrelate) {
  constexpr Eigen::Index n = 200'000;
  const Samples samples = counter_samples(123, n, 4);
  const double error = 4 / std::sqrt(static_cast<double>(n));
  for (Eigen::Index c = 0; c < samples.cols(); ++c) {
    for (Eigen::Index other = c + 1; other < samples.cols(); ++other) {
      EXPECT_NEAR(samples.col(c).dot(samples.col(other)) / n, 0, error) << c << ", " << other;
    }
    for (const Eigen::Index lag : {1, 2, 3, 4}) {
      EXPECT_NEAR(samples.col(c).head(n - lag).dot(samples.col(c).tail(n - lag)) / n, 0, error) << c << ", " << lag;
    }
  }
}

TEST(Counter, RejectsInvalidSizesAndBlocks) {
  EXPECT_THAT([] { counter_samples(1, 0, 2); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("0 samples of 2 dimension(s) cannot be generated")));
  EXPECT_THAT([] { counter_samples(1, 10, -1); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("10 samples of -1 dimension(s) cannot be generated")));
  Samples samples(10, 1);
  for (const Range block : {Range{-1, 3}, {0, 11}, {5, 4}}) {
    EXPECT_THAT([&] { draw_counter(1, block, samples); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("there is room for samples 0 to 10")));
  }
  for (const Range part : {Range{-1, 3}, {5, 4}}) {
    EXPECT_THAT([&] { parzen::counter_part(1, part, 1); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("are no range")));
  }
}

}  // namespace
