// The problem: how many samples are in a window around a query point, for each of many window widths.
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

#include "loops/range.hpp"
#include "parzen/samples.hpp"

namespace parzen {

using Count = std::int64_t;
using Counts = std::vector<Count>;

/// d coordinates, in the unit of the samples.
using Query = Eigen::VectorXd;

/// The same data in any memory: what kernels read of a problem.
struct ProblemView {
  Eigen::Map<const Eigen::MatrixXd> samples;
  Eigen::Map<const Query> query;
};

/// The samples and the query. Widths are given with each call.
struct Problem {
  Samples samples;
  Query query;

  operator ProblemView() const {  // NOLINT(google-explicit-constructor): kernels take either
    return {{samples.data(), samples.rows(), samples.cols()}, {query.data(), query.size()}};
  }
};

/// A range of samples or of widths, by index.
using loops::Range;

/// Throws std::invalid_argument unless there is a sample, the query has the samples' dimension, and all coordinates are
/// finite.
void check(const Problem& problem);

/// Throws std::invalid_argument unless every width is finite and greater than 0. An empty list is valid.
void check_widths(std::span<const double> widths);

}  // namespace parzen
