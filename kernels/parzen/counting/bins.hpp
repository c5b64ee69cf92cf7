// Counts the samples between the smallest and the largest half width, by the first half width that is not exceeded.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "parzen/problem.hpp"

namespace parzen {

/// The half widths of a call in ascending order, with a lookup table: equal cells between the smallest and the largest.
/// A distance is compared only with the few half widths of its cell. Distances and half widths get their cells by the
/// same arithmetic, which is monotonic however it rounds. So half widths in earlier cells are below the distance, and
/// those in later cells are above: comparing within the cell gives the exact result.
///
/// Refers to bytes that are computed once a call and may be in shared memory.
struct HalfWidths {
  static std::size_t bytes(std::size_t widths);
  /// Writes that many bytes, aligned for a double. The widths have passed check_widths().
  static void write(std::span<const double> widths, std::span<std::byte> bytes);

  /// Reads bytes from write().
  explicit HalfWidths(std::span<const std::byte> bytes);

  [[nodiscard]] double smallest() const { return ascending.front(); }
  [[nodiscard]] double largest() const { return ascending[ascending.size() - 2]; }

  /// The header of the bytes.
  struct Scale {
    std::uint64_t widths = 0;
    double cells_a_unit = 0;
    double last_cell = 0;
    std::uint32_t most_in_a_cell = 0;
    std::uint32_t sorted = 1;  ///< whether the widths are in ascending order
  };

  Scale scale;
  std::span<const double> ascending;     ///< one per width, then infinity
  std::span<const std::uint32_t> first;  ///< by cell: first half width in it or in a later cell; one more entry
  std::span<const std::uint32_t> ranks;  ///< position of each width among the half widths; unused if the widths ascend
};

/// Counts how many distances are between neighbouring half widths.
class Bins {
 public:
  /// Where distances are counted; refers to the bins. Constants are copied, so that they can stay in registers.
  struct Place {
    const double* half_widths;   // ascending, then infinity
    const std::uint32_t* first;  // by cell: first half width in it or in a later cell; and one more entry
    Count* counts;               // by half width: distances whose first half width it is; then those beyond all
    double smallest;
    double cells_a_unit;
    double last_cell;
    std::uint32_t most_in_a_cell;

    /// The cell of a distance above the smallest half width.
    [[nodiscard]] std::uint32_t cell(double distance) const {
      return static_cast<std::uint32_t>(std::min(last_cell, (distance - smallest) * cells_a_unit));
    }

    /// Counts a distance above the smallest half width. One beyond the largest, even infinity, is in no window.
    void add(double distance) const {
      const std::uint32_t here = cell(distance);
      if (most_in_a_cell > few) {
        search(distance, here);
      } else {
        step(distance, here);
      }
    }

    /// Counts a distance in its cell, without a branch that depends on the distance: half of its predictions would be
    /// wrong. The comparison is of integers, which order non-negative doubles: for doubles, the compiler might choose a
    /// branch.
    void step(double distance, std::uint32_t cell) const {
      std::uint32_t j = first[cell];
      for (std::uint32_t i = 0; i < most_in_a_cell; ++i) {
        const std::uint64_t below =
            std::bit_cast<std::uint64_t>(half_widths[j]) - std::bit_cast<std::uint64_t>(distance);
        j += static_cast<std::uint32_t>(below >> 63U);
      }
      ++counts[j];
    }

    /// The same by binary search, for cells with more than a few half widths.
    void search(double distance, std::uint32_t cell) const {
      const double* const found = std::lower_bound(half_widths + first[cell], half_widths + first[cell + 1], distance);
      ++counts[found - half_widths];
    }
  };

  /// Cells with more half widths are searched by binary search.
  static constexpr std::uint32_t few = 4;

  explicit Bins(const HalfWidths& half_widths) : half_widths_(half_widths), counts_(half_widths.ascending.size()) {}

  [[nodiscard]] double smallest() const { return half_widths_.smallest(); }
  [[nodiscard]] double largest() const { return half_widths_.largest(); }
  [[nodiscard]] Place place();

  /// The counts of all widths, in their order: the added samples, and `certain` more that are in every window.
  void write(Count certain, std::span<Count> counts) const;

 private:
  HalfWidths half_widths_;
  std::vector<Count> counts_;
};

}  // namespace parzen
