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

std::uint64_t negative(const double* x, std::size_t size) {
  const hn::ScalableTag<double> tag;
  const hn::RebindToUnsigned<decltype(tag)> bits;
  const auto sign = [&](std::size_t i)
                        HWY_ATTR { return hn::ShiftRight<63>(hn::BitCast(bits, hn::LoadU(tag, x + i))); };
  const std::size_t lanes = hn::Lanes(tag);
  // Several sums, so that none waits for the one before it.
  auto a = hn::Zero(bits);
  auto b = a;
  auto c = a;
  auto d = a;
  std::size_t i = 0;
  for (; i + 4 * lanes <= size; i += 4 * lanes) {
    a = hn::Add(a, sign(i));
    b = hn::Add(b, sign(i + lanes));
    c = hn::Add(c, sign(i + 2 * lanes));
    d = hn::Add(d, sign(i + 3 * lanes));
  }
  std::uint64_t count = hn::GetLane(hn::SumOfLanes(bits, hn::Add(hn::Add(a, b), hn::Add(c, d))));
  for (; i < size; ++i) count += std::signbit(x[i]) ? 1 : 0;
  return count;
}

}  // namespace parzen::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parzen {

HWY_EXPORT(negative);

void count_negative(const Problem& problem, Range samples, std::span<const double> /*widths*/,
                    std::span<Count> counts) {
  const Columns columns(problem, samples);
  std::uint64_t count = 0;
  for (std::size_t c = 0; c < columns.dimensions; ++c) {
    count += HWY_DYNAMIC_DISPATCH(negative)(columns.first + c * columns.stride, columns.size);
  }
  std::ranges::fill(counts, static_cast<Count>(count));
}

}  // namespace parzen
#endif
