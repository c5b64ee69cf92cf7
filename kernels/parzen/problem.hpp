// The problem: how many samples lie in a window around a query point, for each of many window widths.
//
// Given samples x[n][d], a query point q[d] and widths h[m], the count of width h_j is
//
//     k_j = #{ i : |q_c - x_ic| / h_j <= 1/2 for every dimension c }
//
// Counts are integers, so every kernel and every backend gives exactly the same ones.
// Source: S. Raschka, "An introduction to parallel programming using Python's multiprocessing module", 2014.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "parzen/samples.hpp"

namespace parzen {

using Count = std::int64_t;
using Counts = std::vector<Count>;

/// d coordinates, in the unit of the samples.
using Query = Eigen::VectorXd;

/// The data that widths are asked of. Widths are the question, and come with each call.
struct Problem {
  Samples samples;
  Query query;
};

/// The samples [begin, end) or the widths [begin, end), by position.
struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;

  [[nodiscard]] std::int64_t size() const { return end - begin; }
  bool operator==(const Range&) const = default;
};

/// Throws std::invalid_argument unless there is a sample, the query has its dimension, and all coordinates are finite.
void check(const Problem& problem);

/// Throws std::invalid_argument unless every width is finite and greater than 0. No widths at all are fine.
void check_widths(std::span<const double> widths);

}  // namespace parzen
