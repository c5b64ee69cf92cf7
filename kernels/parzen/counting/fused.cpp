// A single pass: a sample's Chebyshev distance decides for all widths at once.
//
//   distance <= smallest half width    certain: in every window, only counted
//   distance >  largest half width     in no window
//   between                            open: goes to the bin of its first half width (bins.hpp)
//
// Of the article's samples 5.7% are open. The three steps alternate, each for a word of eight vectors, so that the CPU
// loads the next samples while it bins earlier ones. With steps over blocks of thousands, memory was idle for a third
// of the time.
//
//   compare    one bit per lane: whether it is open
//   list       compacts the distances whose bits are set
//   bin        when enough are listed
//
// Memory throughput depends on few operations, above all few stores, per cache line: the CPU holds a limited number of
// operations, and loads no samples beyond them.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parzen/counting/fused.cpp"
#include <hwy/foreach_target.h>  // first: it includes this file again for every instruction set
#include <hwy/highway.h>

#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "parzen/counting/bins.hpp"
#include "parzen/counting/distance.hpp"
#include "parzen/counting/kernel.hpp"
#include "parzen/counting/words.hpp"

// Eight bytes of bits are read as one word: the lowest byte must be the first.
static_assert(std::endian::native == std::endian::little);

HWY_BEFORE_NAMESPACE();
namespace parzen::HWY_NAMESPACE {

using Vectors = hn::CappedTag<double, lanes_a_byte>;
using One = hn::CappedTag<double, 1>;
using Whole = hn::RebindToUnsigned<Vectors>;

// All of these are inlined, so that reference arguments stay in registers. Arrays are not initialised before they are
// written: that would take longer than a vector's comparison.

/// The distances of the last words, from which the open ones are listed. `d` as in Distance.
template <int d>
class Recent {
 public:
  /// Whether distances are stored, or computed again for listing. With one or two coordinates, which are still in the
  /// L1 cache, computing again is cheaper than storing values that are rarely needed.
  static constexpr bool kept = d == 0 || d > 2;
  /// The buffer: lanes_a_byte doubles a vector even if it has fewer lanes, and one entry for bit 64.
  using Room = std::array<double, kept ? slots * lanes_a_byte + 1 : 0>;

  Recent(const Columns& columns, Room& room) : distance_(columns), distance_of_one_(columns), room_(room.data()) {}

  /// Computes the distances of a vector.
  HWY_INLINE hn::Vec<Vectors> compute(std::size_t vector) const {
    const Vectors tag;
    const auto r = distance_(vector * hn::Lanes(tag));
    if constexpr (kept) hn::StoreU(r, tag, room_ + vector % slots * lanes_a_byte);
    return r;
  }

  /// The distances of a vector, computed at most `slots` vectors before.
  HWY_INLINE hn::Vec<Vectors> of(std::size_t vector) const {
    const Vectors tag;
    if constexpr (kept) return hn::LoadU(tag, room_ + vector % slots * lanes_a_byte);
    return distance_(vector * hn::Lanes(tag));
  }

  /// The distance of one lane, by its bit in the word that begins with that vector. Arbitrary for bit 64.
  HWY_INLINE double of(std::size_t vector, std::size_t bit) const {
    if constexpr (kept) return room_[vector % slots * lanes_a_byte + bit];
    const std::size_t lanes = hn::Lanes(Vectors());
    bit %= lanes_a_word;
    const std::size_t sample = lanes == lanes_a_byte ? bit : bit / lanes_a_byte * lanes + bit % lanes_a_byte;
    return hn::GetLane(distance_of_one_(vector * lanes + sample));
  }

 private:
  Distance<d, Vectors> distance_;
  Distance<d, One> distance_of_one_;
  double* room_;
};

/// Sorts out a vector of distances: increments `certain` in lanes that are certain, and sets the bits of open lanes.
HWY_INLINE void sort_out(hn::Vec<Vectors> r, hn::Vec<Vectors> smallest, hn::Vec<Vectors> largest,
                         hn::Vec<Whole>& certain, std::uint8_t* HWY_RESTRICT open_lanes) {
  const Vectors tag;
  const Whole whole;
  const auto is_certain = hn::Le(r, smallest);
  certain = hn::IfThenElse(hn::RebindMask(whole, is_certain), hn::Add(certain, hn::Set(whole, 1)), certain);
  hn::StoreMaskBits(tag, hn::AndNot(is_certain, hn::Le(r, largest)), open_lanes);
}

/// Lists the distances of the `found` open lanes of the word that begins with that vector; writes a few more.
template <int d>
HWY_INLINE void list(std::uint64_t open, std::size_t found, const Recent<d>& recent, std::size_t vector,
                     double* HWY_RESTRICT listed) {
  // Always lists as many at once as are usually open, since their number is not predictable. (simdjson finds its
  // structural characters like this: Langdale and Lemire, VLDB Journal 28, 2019.)
  constexpr std::size_t at_once = (3 * hn::MaxLanes(Vectors()) + 3) / 4;
  for (std::size_t done = 0; done < found; done += at_once) {
    for (std::size_t k = 0; k < at_once; ++k) {
      listed[done + k] = recent.of(vector, static_cast<std::size_t>(std::countr_zero(open)));
      open &= open - 1;
    }
  }
}

/// Bins distances: at most a word's, and a multiple of a vector's lanes.
HWY_INLINE void bin(const double* HWY_RESTRICT distances, std::size_t size, const Bins::Place& place) {
  const Vectors tag;
  const hn::Rebind<std::int32_t, Vectors> integers;
  alignas(64) std::array<std::int32_t, lanes_a_word> cells;  // NOLINT(*-member-init)
  for (std::size_t k = 0; k < size; k += hn::Lanes(tag)) {
    // The same operations as in Bins::Place::cell().
    const auto above = hn::Sub(hn::LoadU(tag, distances + k), hn::Set(tag, place.smallest));
    const auto cell = hn::Min(hn::Set(tag, place.last_cell), hn::Mul(above, hn::Set(tag, place.cells_a_unit)));
    hn::StoreU(hn::DemoteTo(integers, cell), integers, cells.data() + k);
  }
  if (place.most_in_a_cell > Bins::few) {
    for (std::size_t k = 0; k < size; ++k) place.search(distances[k], static_cast<std::uint32_t>(cells[k]));
  } else {
    for (std::size_t k = 0; k < size; ++k) place.step(distances[k], static_cast<std::uint32_t>(cells[k]));
  }
}

/// Writes a word's distances without gaps; replaces those that are not open by one beyond all half widths.
template <int d>
HWY_INLINE void mask(const Recent<d>& recent, std::size_t vector, const std::uint8_t* HWY_RESTRICT open_lanes,
                     double* HWY_RESTRICT masked) {
  const Vectors tag;
  const auto beyond = hn::Set(tag, std::numeric_limits<double>::infinity());
  for (std::size_t k = 0; k < vectors_a_word; ++k) {
    const auto open = hn::LoadMaskBits(tag, open_lanes + k);
    hn::StoreU(hn::IfThenElse(open, recent.of(vector + k), beyond), tag, masked + k * hn::Lanes(tag));
  }
}

/// Returns the number of certain samples and bins the open ones. `d` as in Distance.
template <int d>
HWY_INLINE Count count_of(const Columns& columns, Bins& bins) {
  const Vectors tag;
  const Whole whole;
  const std::size_t lanes = hn::Lanes(tag);
  const std::size_t a_word = vectors_a_word * lanes;
  const Distance<d, One> distance_of_one(columns);
  alignas(64) typename Recent<d>::Room room;  // NOLINT(*-member-init)
  const Recent<d> recent(columns, room);
  const double smallest = bins.smallest();
  const double largest = bins.largest();
  const Bins::Place place = bins.place();
  const auto low = hn::Set(tag, smallest);
  const auto high = hn::Set(tag, largest);
  auto certain = hn::Zero(whole);
  // A bit a lane of the last words, whether it is open; then as many bytes as Highway may write beyond.
  alignas(64) std::array<std::uint8_t, slots + 7> open_lanes;  // NOLINT(*-member-init)
  // Listed but not yet binned distances, with room for another word's and for those listed in vain.
  alignas(64) std::array<double, 2 * lanes_a_word + 8> listed;  // NOLINT(*-member-init)
  std::size_t waiting = 0;

  const std::size_t vectors = columns.size / lanes;
  for (std::size_t vector = 0; vector < vectors + behind; vector += vectors_a_word) {
    if (vector + vectors_a_word <= vectors) {
      for (std::size_t k = 0; k < vectors_a_word; ++k) {
        sort_out(recent.compute(vector + k), low, high, certain, open_lanes.data() + vector % slots + k);
      }
    } else {
      std::memset(open_lanes.data() + vector % slots, 0, vectors_a_word);
      for (std::size_t k = 0; vector + k < vectors; ++k) {
        sort_out(recent.compute(vector + k), low, high, certain, open_lanes.data() + vector % slots + k);
      }
    }
    if (vector < behind) continue;
    const std::size_t earlier = vector - behind;
    const std::uint8_t* const bits = open_lanes.data() + earlier % slots;
    std::uint64_t open = 0;
    std::memcpy(&open, bits, sizeof open);
    const auto found = static_cast<std::size_t>(std::popcount(open));
    // In an incomplete word, distances that are computed again would read beyond the samples.
    if (2 * found > a_word && earlier + vectors_a_word <= vectors) {
      alignas(64) std::array<double, lanes_a_word> masked;  // NOLINT(*-member-init)
      mask(recent, earlier, bits, masked.data());
      bin(masked.data(), a_word, place);
      continue;
    }
    list(open, found, recent, earlier, listed.data() + waiting);
    waiting += found;
    if (waiting >= a_word) {
      waiting -= a_word;
      bin(listed.data() + waiting, a_word, place);
    }
  }
  for (std::size_t k = 0; k < waiting; ++k) place.add(listed[k]);

  auto count = static_cast<Count>(hn::GetLane(hn::SumOfLanes(whole, certain)));
  for (std::size_t i = vectors * lanes; i < columns.size; ++i) {
    const double r = hn::GetLane(distance_of_one(i));
    if (r <= smallest) {
      ++count;
    } else if (r <= largest) {
      place.add(r);
    }
  }
  return count;
}

Count count(const Columns& columns, Bins& bins) {
  return with_dimensions(columns.dimensions, [&](auto d) HWY_ATTR { return count_of<d()>(columns, bins); });
}

}  // namespace parzen::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parzen {

HWY_EXPORT(count);

namespace {

void count_by(const ProblemView& problem, Range samples, std::span<const std::byte> prepared, std::span<Count> counts) {
  if (counts.empty()) return;
  Bins bins{HalfWidths(prepared)};
  const Count certain = HWY_DYNAMIC_DISPATCH(count)(Columns(problem, samples), bins);
  bins.write(certain, counts);
}

}  // namespace

const Preparation fused_preparation{HalfWidths::bytes, HalfWidths::write, count_by};

void count_fused(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts) {
  std::vector<std::byte> prepared(HalfWidths::bytes(widths.size()));
  HalfWidths::write(widths, prepared);
  count_by(problem, samples, prepared, counts);
}

}  // namespace parzen
#endif
