// The samples that widths differ about: counted by the first half width that their distance does not exceed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "parzen/problem.hpp"

namespace parzen {

/// The half widths in ascending order, and how many distances fall between each two neighbours.
///
/// A distance finds its place through a table of equal cells between the smallest and the largest half width: there are
/// few half widths in its cell to compare it with. Distances and half widths come to their cells by the same
/// arithmetic, which is monotonic however it rounds; so of the half widths, those in earlier cells are below the
/// distance and those in later ones above it, and the comparison alone decides, exactly.
class Bins {
 public:
  /// The widths have passed check_widths(), and there is one at least.
  explicit Bins(std::span<const double> widths);

  [[nodiscard]] double smallest() const { return half_widths_.front(); }
  [[nodiscard]] double largest() const { return half_widths_.back(); }

  /// Counts the distances at these positions: each is above smallest() and at most largest().
  void add(const double* distances, std::span<const std::uint32_t> positions);

  /// How many samples lie in the window of each width, in their order: those that were added, and `certain` more that
  /// lie in every one.
  void write(Count certain, std::span<Count> counts) const;

 private:
  [[nodiscard]] std::uint32_t cell(double distance) const;

  std::vector<double> half_widths_;   // ascending
  std::vector<std::uint32_t> ranks_;  // of the widths' half widths among them; empty if the widths ascend
  std::vector<std::uint32_t> first_;  // by cell: of the half widths in it and in later cells; and one more
  std::vector<Count> counts_;         // by half width: of the distances whose first it is
  double cells_a_unit_ = 0;
  double last_cell_ = 0;
  std::uint32_t most_in_a_cell_ = 0;
};

}  // namespace parzen
