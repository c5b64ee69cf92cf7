// Sizes in fused.cpp's vector code, the same for every instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parzen {

/// At most this many lanes of a vector are used: a byte has one bit for each.
inline constexpr std::size_t lanes_a_byte = 8;

/// A word: as many vectors as have their bits in one register.
inline constexpr std::size_t vectors_a_word = sizeof(std::uint64_t);
inline constexpr std::size_t lanes_a_word = vectors_a_word * lanes_a_byte;

/// A word's bits are read that many vectors later: their stores have reached the cache then, so the load does not
/// stall.
inline constexpr std::size_t behind = 2 * vectors_a_word;

/// Buffer size between the two, in vectors.
inline constexpr std::size_t slots = 4 * vectors_a_word;

}  // namespace parzen
