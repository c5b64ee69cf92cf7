#include "parzen/counting/bins.hpp"

#include <functional>
#include <limits>
#include <numeric>

#include "parzen/counting/kernel.hpp"

namespace parzen {

namespace {

/// So many that half widths at equal distances have a cell each, and so few that the table stays in the L1 cache.
constexpr std::size_t cells_a_width = 2;
constexpr std::size_t most_cells = 4096;

}  // namespace

Bins::Bins(std::span<const double> widths) : half_widths_(widths.size() + 1), counts_(widths.size() + 1) {
  std::ranges::transform(widths, half_widths_.begin(), half_width);
  half_widths_.back() = std::numeric_limits<double>::infinity();
  if (!std::ranges::is_sorted(half_widths_)) {
    const std::vector<double> as_given(half_widths_.begin(), half_widths_.end() - 1);
    std::ranges::sort(half_widths_);
    ranks_.resize(widths.size());
    std::ranges::transform(as_given, ranks_.begin(), [this](double half) {
      return static_cast<std::uint32_t>(std::ranges::lower_bound(half_widths_, half) - half_widths_.begin());
    });
  }

  const std::size_t cells = std::min(cells_a_width * widths.size(), most_cells);
  last_cell_ = static_cast<double>(cells - 1);
  // Half widths that lie too near to each other for a finite scale share the first cell.
  const double range = largest() - smallest();
  if (range > 0) {
    cells_a_unit_ = std::min(static_cast<double>(cells) / range, std::numeric_limits<double>::max());
  }
  first_.resize(cells + 1);
  const Place here = place();
  std::uint32_t next = 0;   // of the cells
  std::uint32_t first = 0;  // of the half widths in the cell at hand
  const auto size = static_cast<std::uint32_t>(widths.size());
  for (std::uint32_t j = 0; j < size; ++j) {
    const std::uint32_t cell = here.cell(half_widths_[j]);
    if (next <= cell) first = j;
    while (next <= cell) first_[next++] = j;
    most_in_a_cell_ = std::max(most_in_a_cell_, j + 1 - first);
  }
  while (next <= cells) first_[next++] = size;
}

Bins::Place Bins::place() {
  return {half_widths_.data(), first_.data(), counts_.data(), smallest(), cells_a_unit_, last_cell_, most_in_a_cell_};
}

void Bins::write(Count certain, std::span<Count> counts) const {
  // Of equal half widths the first one has all their distances, and the sum up to any of them is the same.
  std::inclusive_scan(counts_.begin(), counts_.end() - 1, counts.begin(), std::plus<>(), certain);
  if (ranks_.empty()) return;
  const Counts ascending(counts.begin(), counts.end());
  std::ranges::transform(ranks_, counts.begin(), [&ascending](std::uint32_t rank) { return ascending[rank]; });
}

}  // namespace parzen
