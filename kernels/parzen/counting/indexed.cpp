#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parzen/counting/indexed.cpp"
#include <hwy/foreach_target.h>  // first: it includes this file again for every instruction set
#include <hwy/highway.h>

#include <hwy/contrib/sort/vqsort.h>
#include <algorithm>
#include <bit>

#include "parzen/counting/distance.hpp"
#include "parzen/counting/indexed.hpp"
#include "parzen/counting/kernel.hpp"

HWY_BEFORE_NAMESPACE();
namespace parzen::HWY_NAMESPACE {

template <int d>
HWY_INLINE void write_distances_of(const Columns& columns, std::int64_t* HWY_RESTRICT distances) {
  const hn::ScalableTag<double> tag;
  const hn::RebindToSigned<decltype(tag)> integers;
  const hn::CappedTag<double, 1> one;
  const Distance<d, decltype(tag)> distance(columns);
  const Distance<d, decltype(one)> distance_of_one(columns);
  std::size_t i = 0;
  for (; i + hn::Lanes(tag) <= columns.size; i += hn::Lanes(tag)) {
    hn::StoreU(hn::BitCast(integers, distance(i)), integers, distances + i);
  }
  for (; i < columns.size; ++i) distances[i] = std::bit_cast<std::int64_t>(hn::GetLane(distance_of_one(i)));
}

void write_distances(const Columns& columns, std::int64_t* distances) {
  with_dimensions(columns.dimensions, [&](auto d) HWY_ATTR { write_distances_of<d()>(columns, distances); });
}

}  // namespace parzen::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parzen {

HWY_EXPORT(write_distances);

Index::Index(const ProblemView& problem, Range samples) : distances_(static_cast<std::size_t>(samples.size())) {
  HWY_DYNAMIC_DISPATCH(write_distances)(Columns(problem, samples), distances_.data());
  hwy::Sorter()(distances_.data(), distances_.size(), hwy::SortAscending());
}

void Index::count(std::span<const double> widths, std::span<Count> counts) const {
  auto found = distances_.begin();
  std::int64_t last = 0;
  for (std::size_t j = 0; j < widths.size(); ++j) {
    const auto half = std::bit_cast<std::int64_t>(half_width(widths[j]));
    // If widths ascend, the search continues from the last result.
    found = std::upper_bound(half < last ? distances_.begin() : found, distances_.end(), half);
    last = half;
    counts[j] = found - distances_.begin();
  }
}

void count_indexed(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts) {
  Index(problem, samples).count(widths, counts);
}

}  // namespace parzen
#endif
