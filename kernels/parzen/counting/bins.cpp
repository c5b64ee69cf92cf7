#include "parzen/counting/bins.hpp"

#include <functional>
#include <limits>
#include <numeric>

#include "parzen/counting/kernel.hpp"

namespace parzen {

namespace {

/// Enough cells for evenly spaced half widths to have one each, few enough for the table to fit into the L1 cache.
constexpr std::size_t cells_a_width = 2;
constexpr std::size_t most_cells = 4096;

std::size_t cells_of(std::size_t widths) { return std::min(cells_a_width * widths, most_cells); }

/// Offsets of the parts: the scale, the half widths, the cells, the ranks.
template <class Byte>
struct Parts {
  template <class T>
  using Like = std::conditional_t<std::is_const_v<Byte>, const T, T>;

  Parts(std::span<Byte> bytes, std::size_t widths)
      : scale(reinterpret_cast<Like<HalfWidths::Scale>*>(bytes.data())),
        ascending(reinterpret_cast<Like<double>*>(scale + 1), widths + 1),
        first(reinterpret_cast<Like<std::uint32_t>*>(ascending.data() + ascending.size()), cells_of(widths) + 1),
        ranks(first.data() + first.size(), widths) {}

  Like<HalfWidths::Scale>* scale;
  std::span<Like<double>> ascending;
  std::span<Like<std::uint32_t>> first;
  std::span<Like<std::uint32_t>> ranks;
};

std::uint32_t cell_of(double half, double smallest, const HalfWidths::Scale& scale) {
  return static_cast<std::uint32_t>(std::min(scale.last_cell, (half - smallest) * scale.cells_a_unit));
}

}  // namespace

std::size_t HalfWidths::bytes(std::size_t widths) {
  return sizeof(Scale) + (widths + 1) * sizeof(double) + (cells_of(widths) + 1 + widths) * sizeof(std::uint32_t);
}

void HalfWidths::write(std::span<const double> widths, std::span<std::byte> bytes) {
  const Parts<std::byte> parts(bytes, widths.size());
  Scale& scale = *parts.scale;
  scale = {.widths = widths.size()};
  std::ranges::transform(widths, parts.ascending.begin(), half_width);
  parts.ascending.back() = std::numeric_limits<double>::infinity();
  if (widths.empty()) return;
  const auto halves = parts.ascending.first(widths.size());
  if (!std::ranges::is_sorted(halves)) {
    scale.sorted = 0;
    std::ranges::sort(halves);
    std::ranges::transform(widths, parts.ranks.begin(), [&halves](double width) {
      return static_cast<std::uint32_t>(std::ranges::lower_bound(halves, half_width(width)) - halves.begin());
    });
  }

  const std::size_t cells = parts.first.size() - 1;
  scale.last_cell = static_cast<double>(cells - 1);
  // Half widths that are too close for a finite scale share the first cell.
  const double smallest = halves.front();
  const double range = halves.back() - smallest;
  if (range > 0) {
    scale.cells_a_unit = std::min(static_cast<double>(cells) / range, std::numeric_limits<double>::max());
  }
  std::uint32_t next = 0;   // of the cells
  std::uint32_t first = 0;  // first half width in the current cell
  const auto size = static_cast<std::uint32_t>(widths.size());
  for (std::uint32_t j = 0; j < size; ++j) {
    const std::uint32_t cell = cell_of(halves[j], smallest, scale);
    if (next <= cell) first = j;
    while (next <= cell) parts.first[next++] = j;
    scale.most_in_a_cell = std::max(scale.most_in_a_cell, j + 1 - first);
  }
  while (next <= cells) parts.first[next++] = size;
}

HalfWidths::HalfWidths(std::span<const std::byte> bytes) : scale(*reinterpret_cast<const Scale*>(bytes.data())) {
  const Parts<const std::byte> parts(bytes, scale.widths);
  ascending = parts.ascending;
  first = parts.first;
  ranks = parts.ranks;
}

Bins::Place Bins::place() {
  return {half_widths_.ascending.data(),
          half_widths_.first.data(),
          counts_.data(),
          smallest(),
          half_widths_.scale.cells_a_unit,
          half_widths_.scale.last_cell,
          half_widths_.scale.most_in_a_cell};
}

void Bins::write(Count certain, std::span<Count> counts) const {
  // The first of equal half widths has all their distances, so the sum up to any of them is the same.
  std::inclusive_scan(counts_.begin(), counts_.end() - 1, counts.begin(), std::plus<>(), certain);
  if (half_widths_.scale.sorted != 0) return;
  const Counts ascending(counts.begin(), counts.end());
  std::ranges::transform(half_widths_.ranks, counts.begin(),
                         [&ascending](std::uint32_t rank) { return ascending[rank]; });
}

}  // namespace parzen
