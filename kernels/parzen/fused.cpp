// One pass in all: a sample's Chebyshev distance decides every width at once.
//
//   distance <= smallest half width    certain: in every window, and counted as that
//   distance >  largest half width     in none
//   between                            open: its position is kept, and bins.hpp finds its first half width
//
// Of the article's samples 5.7% are open.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parzen/fused.cpp"
#include <hwy/foreach_target.h>  // first: it includes this file again for every instruction set
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "parzen/bins.hpp"
#include "parzen/distance.hpp"
#include "parzen/kernel.hpp"
#include "parzen/sieve.hpp"

HWY_BEFORE_NAMESPACE();
namespace parzen::HWY_NAMESPACE {

/// Writes the distance of every sample, and into a byte a vector which of its lanes are certain and which are open.
template <int d>
HWY_INLINE void compare(const Columns& columns, double smallest, double largest, Sieved& sieved) {
  const hn::CappedTag<double, lanes_a_byte> tag;
  const hn::CappedTag<double, 1> one;
  const Distance<d, decltype(tag)> distance(columns);
  const Distance<d, decltype(one)> distance_of_one(columns);
  double* const HWY_RESTRICT distances = sieved.distance.data();
  std::uint8_t* HWY_RESTRICT certain = sieved.certain_lanes.data();
  std::uint8_t* HWY_RESTRICT open = sieved.open_lanes.data();
  const auto low = hn::Set(tag, smallest);
  const auto high = hn::Set(tag, largest);
  std::size_t i = 0;
  for (; i + hn::Lanes(tag) <= columns.size; i += hn::Lanes(tag)) {
    const auto r = distance(i);
    hn::StoreU(r, tag, distances + i);
    const auto is_certain = hn::Le(r, low);
    hn::StoreMaskBits(tag, is_certain, certain++);
    hn::StoreMaskBits(tag, hn::AndNot(is_certain, hn::Le(r, high)), open++);
  }
  unsigned certain_rest = 0;
  unsigned open_rest = 0;
  for (unsigned lane = 0; i < columns.size; ++i, ++lane) {
    const double r = hn::GetLane(distance_of_one(i));
    distances[i] = r;
    certain_rest |= (r <= smallest ? 1U : 0U) << lane;
    open_rest |= (r > smallest && r <= largest ? 1U : 0U) << lane;
  }
  *certain++ = static_cast<std::uint8_t>(certain_rest);
  *open++ = static_cast<std::uint8_t>(open_rest);
  // To a whole word, as they are read.
  std::fill_n(certain, sizeof(std::uint64_t), std::uint8_t{0});
  std::fill_n(open, sizeof(std::uint64_t), std::uint8_t{0});
}

/// Counts the certain lanes, and lists the positions of the open ones.
HWY_INLINE void gather(std::size_t size, Sieved& sieved) {
  const std::size_t lanes = hn::Lanes(hn::CappedTag<double, lanes_a_byte>());
  std::uint32_t* const HWY_RESTRICT positions = sieved.positions.data();
  std::size_t certain = 0;
  std::size_t open = 0;
  for (std::size_t byte = 0; byte * lanes < size; byte += sizeof(std::uint64_t)) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, sieved.certain_lanes.data() + byte, sizeof bits);
    certain += static_cast<std::size_t>(std::popcount(bits));
    std::memcpy(&bits, sieved.open_lanes.data() + byte, sizeof bits);
    const auto found = static_cast<std::size_t>(std::popcount(bits));
    // So many at once as a rule are open, whether they are or not: how many there are is not to be predicted. (As
    // simdjson finds its structural characters: Langdale and Lemire, VLDB Journal 28, 2019.)
    constexpr std::size_t at_once = 8;
    for (std::size_t listed = 0; listed < found; listed += at_once) {
      for (std::size_t k = 0; k < at_once; ++k) {
        const auto bit = static_cast<std::size_t>(std::countr_zero(bits));
        positions[open + listed + k] =
            static_cast<std::uint32_t>((byte + bit / lanes_a_byte) * lanes + bit % lanes_a_byte);
        bits &= bits - 1;
      }
    }
    open += found;
  }
  sieved.certain = certain;
  sieved.open = open;
}

/// Of at most most_sieved samples.
void sieve(const Columns& columns, double smallest, double largest, Sieved& sieved) {
  with_dimensions(columns.dimensions, [&](auto d) HWY_ATTR { compare<d()>(columns, smallest, largest, sieved); });
  gather(columns.size, sieved);
}

}  // namespace parzen::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parzen {

HWY_EXPORT(sieve);

void count_fused(const Problem& problem, Range samples, std::span<const double> widths, std::span<Count> counts) {
  if (widths.empty()) return;
  Bins bins(widths);
  Sieved sieved;
  Count certain = 0;
  for (Columns rest(problem, samples); rest.size > 0;) {
    const Columns next = rest.take(std::min(rest.size, most_sieved));
    HWY_DYNAMIC_DISPATCH(sieve)(next, bins.smallest(), bins.largest(), sieved);
    certain += static_cast<Count>(sieved.certain);
    bins.add(sieved.distance.data(), std::span(sieved.positions).first(sieved.open));
  }
  bins.write(certain, counts);
}

}  // namespace parzen
#endif
