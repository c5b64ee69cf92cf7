#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parzen/stream_read.cpp"
#include <hwy/foreach_target.h>  // first: it includes this file again for every instruction set
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "parzen/columns.hpp"
#include "parzen/stream_read.hpp"

HWY_BEFORE_NAMESPACE();
namespace parzen::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// How many coordinates have their sign bit set. A block of all dimensions after another, as kernels read them: memory
/// gives more when several places are read by turns, and a limit must not be below what it limits.
std::uint64_t count_signs(const Columns& columns) {
  const hn::ScalableTag<double> tag;
  const hn::RebindToUnsigned<decltype(tag)> bits;
  const auto sign = [&](const double* x) HWY_ATTR { return hn::ShiftRight<63>(hn::BitCast(bits, hn::LoadU(tag, x))); };
  const std::size_t lanes = hn::Lanes(tag);
  const std::size_t block = 8 * lanes;
  // Two sums, so that none waits for the one before it.
  auto even = hn::Zero(bits);
  auto odd = even;
  std::size_t i = 0;
  for (; i + block <= columns.size; i += block) {
    for (std::size_t c = 0; c < columns.dimensions; ++c) {
      const double* const x = columns.first + c * columns.stride + i;
      for (std::size_t k = 0; k < block; k += 2 * lanes) {
        even = hn::Add(even, sign(x + k));
        odd = hn::Add(odd, sign(x + k + lanes));
      }
    }
  }
  std::uint64_t count = hn::GetLane(hn::SumOfLanes(bits, hn::Add(even, odd)));
  for (; i < columns.size; ++i) {
    for (std::size_t c = 0; c < columns.dimensions; ++c) {
      count += std::signbit(columns.first[c * columns.stride + i]) ? 1 : 0;
    }
  }
  return count;
}

}  // namespace parzen::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parzen {

HWY_EXPORT(count_signs);

void count_negative(const Problem& problem, Range samples, std::span<const double> /*widths*/,
                    std::span<Count> counts) {
  const std::uint64_t count = HWY_DYNAMIC_DISPATCH(count_signs)(Columns(problem, samples));
  std::ranges::fill(counts, static_cast<Count>(count));
}

}  // namespace parzen
#endif
