// Samples as kernels read them in vectors: where each dimension begins.
#pragma once

#include <cstddef>

#include "parzen/problem.hpp"

namespace parzen {

/// A range of a problem's samples. Refers to the samples and the query.
struct Columns {
  Columns(const ProblemView& problem, Range samples)
      : first(problem.samples.data() + samples.begin),
        stride(static_cast<std::size_t>(problem.samples.rows())),
        query(problem.query.data()),
        dimensions(static_cast<std::size_t>(problem.query.size())),
        size(static_cast<std::size_t>(samples.size())) {}

  /// Splits off the next `count` samples.
  Columns take(std::size_t count) {
    Columns taken = *this;
    taken.size = count;
    first += count;
    size -= count;
    return taken;
  }

  const double* first;  ///< first coordinate of the first sample
  std::size_t stride;   ///< from one coordinate to the next of the same sample, in doubles
  const double* query;
  std::size_t dimensions;
  std::size_t size;  ///< number of samples
};

}  // namespace parzen
