// Distances sorted once: what wins where the same samples are asked often.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "parzen/problem.hpp"

namespace parzen {

/// The distances of a range of a problem's samples in ascending order, so that a width is counted by a binary search.
/// Takes n log n steps and a double a sample to make; a width then takes log n.
class Index {
 public:
  /// The problem has passed check(). Throws std::bad_alloc.
  Index(const ProblemView& problem, Range samples);

  /// As a CountFunction does it, for the samples that this was made of. The widths have passed check_widths().
  void count(std::span<const double> widths, std::span<Count> counts) const;

 private:
  /// As the integers of the same bits, which are in the same order, since a distance is not negative. Highway 1.0.3
  /// does not sort doubles rightly that differ by less than 2^-52 (PrevValue() in its traits-inl.h).
  std::vector<std::int64_t> distances_;
};

}  // namespace parzen
