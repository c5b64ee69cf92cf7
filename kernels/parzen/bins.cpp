#include "parzen/bins.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "parzen/kernel.hpp"

namespace parzen {

namespace {

/// So many that half widths at equal distances have a cell each, and so few that the table stays in the L1 cache.
constexpr std::size_t cells_a_width = 2;
constexpr std::size_t most_cells = 4096;

/// More half widths than that in one cell are searched by halves.
constexpr std::uint32_t few = 4;

}  // namespace

Bins::Bins(std::span<const double> widths) : half_widths_(widths.size()), counts_(widths.size() + 1) {
  std::ranges::transform(widths, half_widths_.begin(), half_width);
  if (!std::ranges::is_sorted(half_widths_)) {
    const std::vector<double> as_given = half_widths_;
    std::ranges::sort(half_widths_);
    ranks_.resize(widths.size());
    std::ranges::transform(as_given, ranks_.begin(), [this](double half) {
      return static_cast<std::uint32_t>(std::ranges::lower_bound(half_widths_, half) - half_widths_.begin());
    });
  }

  const std::size_t cells = std::min(cells_a_width * widths.size(), most_cells);
  last_cell_ = static_cast<double>(cells - 1);
  const double range = largest() - smallest();
  cells_a_unit_ = range > 0 ? static_cast<double>(cells) / range : 0.0;
  first_.reserve(cells + 1);
  for (std::uint32_t j = 0; j < half_widths_.size(); ++j) {
    const std::uint32_t here = cell(half_widths_[j]);
    if (first_.size() <= here) first_.resize(here + 1, j);
    most_in_a_cell_ = std::max(most_in_a_cell_, j + 1 - first_[here]);
  }
  first_.resize(cells + 1, static_cast<std::uint32_t>(half_widths_.size()));
}

/// The range may be so small that the scale is infinite; a distance is above the smallest half width, so that the
/// product is no NaN but for that one itself, which min() puts into the last cell: as all others then.
inline std::uint32_t Bins::cell(double distance) const {
  return static_cast<std::uint32_t>(std::min(last_cell_, (distance - half_widths_.front()) * cells_a_unit_));
}

void Bins::add(const double* distances, std::span<const std::uint32_t> positions) {
  if (most_in_a_cell_ > few) {
    for (const std::uint32_t position : positions) {
      const double distance = distances[position];
      const std::uint32_t here = cell(distance);
      const auto found =
          std::lower_bound(half_widths_.begin() + first_[here], half_widths_.begin() + first_[here + 1], distance);
      ++counts_[static_cast<std::size_t>(found - half_widths_.begin())];
    }
    return;
  }
  // Without a branch that depends on a distance: it would be predicted wrongly as often as not.
  for (const std::uint32_t position : positions) {
    const double distance = distances[position];
    std::uint32_t j = first_[cell(distance)];
    for (std::uint32_t step = 0; step < most_in_a_cell_; ++step) j += half_widths_[j] < distance ? 1 : 0;
    ++counts_[j];
  }
}

void Bins::write(Count certain, std::span<Count> counts) const {
  // Of equal half widths the first one has all their distances, and the sum up to any of them is the same.
  std::inclusive_scan(counts_.begin(), counts_.end() - 1, counts.begin(), std::plus<>(), certain);
  if (ranks_.empty()) return;
  const Counts ascending(counts.begin(), counts.end());
  std::ranges::transform(ranks_, counts.begin(), [&ascending](std::uint32_t rank) { return ascending[rank]; });
}

}  // namespace parzen
