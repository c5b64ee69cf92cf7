// Distances sorted once: what wins where the same samples are asked often.
#pragma once

#include <span>
#include <vector>

#include "parzen/problem.hpp"

namespace parzen {

/// The distances of a range of a problem's samples in ascending order, so that a width is counted by a binary search.
/// Takes n log n steps and a double a sample to make; a width then takes log n.
class Index {
 public:
  /// The problem has passed check(). Throws std::bad_alloc.
  Index(const Problem& problem, Range samples);

  /// As a CountFunction does it, for the samples that this was made of. The widths have passed check_widths().
  void count(std::span<const double> widths, std::span<Count> counts) const;

 private:
  std::vector<double> distances_;
};

}  // namespace parzen
