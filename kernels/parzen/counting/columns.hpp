// Samples as vectors of them are read: where each dimension begins.
#pragma once

#include <cstddef>

#include "parzen/problem.hpp"

namespace parzen {

/// A range of a problem's samples. Refers to them and to the query.
struct Columns {
  Columns(const ProblemView& problem, Range samples)
      : first(problem.samples.data() + samples.begin),
        stride(static_cast<std::size_t>(problem.samples.rows())),
        query(problem.query.data()),
        dimensions(static_cast<std::size_t>(problem.query.size())),
        size(static_cast<std::size_t>(samples.size())) {}

  /// The next `count` samples of them, which this then begins behind.
  Columns take(std::size_t count) {
    Columns taken = *this;
    taken.size = count;
    first += count;
    size -= count;
    return taken;
  }

  const double* first;  ///< the first sample's first coordinate
  std::size_t stride;   ///< from a coordinate to the next one of the same sample, in doubles
  const double* query;
  std::size_t dimensions;
  std::size_t size;  ///< samples
};

}  // namespace parzen
