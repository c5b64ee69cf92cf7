// What fused.cpp's vector code finds in a part of the samples.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace parzen {

/// Samples that are looked at before what is open of them is put into bins: such that their distances stay in the L1
/// cache.
inline constexpr std::size_t most_sieved = 2048;

/// Vectors of more lanes are not used: a byte tells of each.
inline constexpr std::size_t lanes_a_byte = 8;

struct Sieved {
  std::size_t certain = 0;                               ///< samples that lie in every window
  std::size_t open = 0;                                  ///< samples that lie in some
  alignas(64) std::array<double, most_sieved> distance;  ///< of each sample
  /// The positions of the open samples among them; and room for those that are written before it is known that they are
  /// none.
  std::array<std::uint32_t, most_sieved + 64> positions;
  /// A bit a lane, a byte a vector, even of one lane; and room for the rest of the samples and of a word.
  std::array<std::uint8_t, most_sieved + 16> certain_lanes;
  std::array<std::uint8_t, most_sieved + 16> open_lanes;
};

}  // namespace parzen
