#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parzen/counting/stream_read.cpp"
#include <hwy/foreach_target.h>  // first: it includes this file again for every instruction set
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "parzen/counting/columns.hpp"
#include "parzen/counting/stream_read.hpp"

HWY_BEFORE_NAMESPACE();
namespace parzen::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Counts the coordinates with a set sign bit. It reads a vector of each dimension in turn, as kernels do: memory is
/// faster when several streams are read in turn, and a limit must not be below what it limits. Nothing is unrolled: the
/// compiler would reorder the loads, which the hardware prefetches less well.
std::uint64_t count_signs(const Columns& columns) {
  const hn::ScalableTag<double> tag;
  const hn::RebindToUnsigned<decltype(tag)> bits;
  const std::size_t lanes = hn::Lanes(tag);
  const std::size_t dimensions = columns.dimensions;
  const std::size_t stride = columns.stride;
  auto signs = hn::Zero(bits);
  std::size_t i = 0;
  for (; i + lanes <= columns.size; i += lanes) {
    const double* x = columns.first + i;
    for (std::size_t c = 0; c < dimensions; ++c, x += stride) {
      signs = hn::Add(signs, hn::ShiftRight<63>(hn::BitCast(bits, hn::LoadU(tag, x))));
    }
  }
  std::uint64_t count = hn::GetLane(hn::SumOfLanes(bits, signs));
  for (; i < columns.size; ++i) {
    const double* x = columns.first + i;
    for (std::size_t c = 0; c < dimensions; ++c, x += stride) count += std::signbit(*x) ? 1 : 0;
  }
  return count;
}

}  // namespace parzen::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parzen {

HWY_EXPORT(count_signs);

void count_negative(const ProblemView& problem, Range samples, std::span<const double> /*widths*/,
                    std::span<Count> counts) {
  const std::uint64_t count = HWY_DYNAMIC_DISPATCH(count_signs)(Columns(problem, samples));
  std::ranges::fill(counts, static_cast<Count>(count));
}

}  // namespace parzen
#endif
