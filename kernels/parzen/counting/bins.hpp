// The samples that widths differ about: counted by the first half width that their distance does not exceed.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "parzen/problem.hpp"

namespace parzen {

/// The half widths of a call in ascending order, and a table of equal cells between the smallest and the largest one,
/// through which a distance finds its place: there are few half widths in its cell to compare it with. Distances and
/// half widths come to their cells by the same arithmetic, which is monotonic however it rounds; so of the half widths,
/// those in earlier cells are below the distance and those in later ones above it, and the comparison alone decides,
/// exactly.
///
/// Refers to bytes that are made once a call, and may lie in memory that processes share.
struct HalfWidths {
  static std::size_t bytes(std::size_t widths);
  /// Writes so many bytes, aligned for a double. The widths have passed check_widths().
  static void write(std::span<const double> widths, std::span<std::byte> bytes);

  /// Of what write() has written.
  explicit HalfWidths(std::span<const std::byte> bytes);

  [[nodiscard]] double smallest() const { return ascending.front(); }
  [[nodiscard]] double largest() const { return ascending[ascending.size() - 2]; }

  /// The first part of the bytes.
  struct Scale {
    std::uint64_t widths = 0;
    double cells_a_unit = 0;
    double last_cell = 0;
    std::uint32_t most_in_a_cell = 0;
    std::uint32_t sorted = 1;  ///< whether the widths ascend
  };

  Scale scale;
  std::span<const double> ascending;     ///< one a width, and infinity behind them
  std::span<const std::uint32_t> first;  ///< by cell: of the half widths in it and in later cells; and one more
  std::span<const std::uint32_t> ranks;  ///< of the widths' half widths among them; of no meaning if the widths ascend
};

/// How many distances fall between each two neighbours of the half widths.
class Bins {
 public:
  /// Where distances are put; refers to the bins. What does not change meanwhile is copied, so that it can stay in
  /// registers.
  struct Place {
    const double* half_widths;   // ascending, and infinity behind them
    const std::uint32_t* first;  // by cell: of the half widths in it and in later cells; and one more
    Count* counts;               // by half width: of the distances whose first it is; and of those beyond all
    double smallest;
    double cells_a_unit;
    double last_cell;
    std::uint32_t most_in_a_cell;

    /// Of a distance above the smallest half width.
    [[nodiscard]] std::uint32_t cell(double distance) const {
      return static_cast<std::uint32_t>(std::min(last_cell, (distance - smallest) * cells_a_unit));
    }

    /// Counts a distance above the smallest half width; one beyond the largest, infinity too, is in no window.
    void add(double distance) const {
      const std::uint32_t here = cell(distance);
      if (most_in_a_cell > few) {
        search(distance, here);
      } else {
        step(distance, here);
      }
    }

    /// Counts a distance in its cell, without a branch that depends on the distance: it would be predicted wrongly as
    /// often as not. Therefore compared as integers, which doubles that are not negative are ordered as; what the
    /// compiler makes of a comparison of doubles is its choice.
    void step(double distance, std::uint32_t cell) const {
      std::uint32_t j = first[cell];
      for (std::uint32_t i = 0; i < most_in_a_cell; ++i) {
        const std::uint64_t below =
            std::bit_cast<std::uint64_t>(half_widths[j]) - std::bit_cast<std::uint64_t>(distance);
        j += static_cast<std::uint32_t>(below >> 63U);
      }
      ++counts[j];
    }

    /// The same by halves, where more than a few half widths are in a cell.
    void search(double distance, std::uint32_t cell) const {
      const double* const found = std::lower_bound(half_widths + first[cell], half_widths + first[cell + 1], distance);
      ++counts[found - half_widths];
    }
  };

  /// More half widths than that in one cell are searched by halves.
  static constexpr std::uint32_t few = 4;

  explicit Bins(const HalfWidths& half_widths) : half_widths_(half_widths), counts_(half_widths.ascending.size()) {}

  [[nodiscard]] double smallest() const { return half_widths_.smallest(); }
  [[nodiscard]] double largest() const { return half_widths_.largest(); }
  [[nodiscard]] Place place();

  /// How many samples lie in the window of each width, in their order: those that were added, and `certain` more that
  /// lie in every one.
  void write(Count certain, std::span<Count> counts) const;

 private:
  HalfWidths half_widths_;
  std::vector<Count> counts_;
};

}  // namespace parzen
