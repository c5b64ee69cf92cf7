// Sorted distances: fastest if many widths are counted for the same samples.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "parzen/problem.hpp"

namespace parzen {

/// The distances of a range of samples in ascending order: a binary search counts a width. Construction takes n log n
/// steps and a double per sample; each width then takes log n.
class Index {
 public:
  /// The problem must have passed check(). Throws std::bad_alloc.
  Index(const ProblemView& problem, Range samples);

  /// Like a CountFunction, for the samples of this index. The widths must have passed check_widths().
  void count(std::span<const double> widths, std::span<Count> counts) const;

 private:
  /// Stored as integers with the same bits, which have the same order for non-negative doubles. Highway 1.0.3 sorts
  /// doubles wrongly if they differ by less than 2^-52 (PrevValue() in its traits-inl.h).
  std::vector<std::int64_t> distances_;
};

}  // namespace parzen
