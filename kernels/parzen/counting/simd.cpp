// A vector of samples at a time, with the widest instructions that the CPU has; one pass per width.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parzen/counting/simd.cpp"
#include <hwy/foreach_target.h>  // first: it includes this file again for every instruction set
#include <hwy/highway.h>

#include "parzen/counting/distance.hpp"
#include "parzen/counting/kernel.hpp"

HWY_BEFORE_NAMESPACE();
namespace parzen::HWY_NAMESPACE {

template <int d>
HWY_INLINE std::size_t count_within_of(const Columns& columns, double half) {
  const hn::ScalableTag<double> tag;
  const hn::CappedTag<double, 1> one;
  const Distance<d, decltype(tag)> distance(columns);
  const Distance<d, decltype(one)> distance_of_one(columns);
  const auto limit = hn::Set(tag, half);
  std::size_t inside = 0;
  std::size_t i = 0;
  for (; i + hn::Lanes(tag) <= columns.size; i += hn::Lanes(tag)) {
    inside += hn::CountTrue(tag, hn::Le(distance(i), limit));
  }
  for (; i < columns.size; ++i) inside += hn::GetLane(distance_of_one(i)) <= half ? 1 : 0;
  return inside;
}

/// How many samples have a distance of at most `half`.
std::size_t count_within(const Columns& columns, double half) {
  return with_dimensions(columns.dimensions, [&](auto d) HWY_ATTR { return count_within_of<d()>(columns, half); });
}

}  // namespace parzen::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parzen {

HWY_EXPORT(count_within);

void count_simd(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts) {
  const Columns columns(problem, samples);
  for (std::size_t j = 0; j < widths.size(); ++j) {
    counts[j] = static_cast<Count>(HWY_DYNAMIC_DISPATCH(count_within)(columns, half_width(widths[j])));
  }
}

}  // namespace parzen
#endif
