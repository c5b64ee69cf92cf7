// The measures of fused.cpp's vector code, the same for every instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parzen {

/// Vectors of more lanes are not used: a byte tells of each.
inline constexpr std::size_t lanes_a_byte = 8;

/// A word: so many vectors that the bits of their lanes fill a register.
inline constexpr std::size_t vectors_a_word = sizeof(std::uint64_t);
inline constexpr std::size_t lanes_a_word = vectors_a_word * lanes_a_byte;

/// So many vectors after a word's its bits are read: they have reached the cache then, from where they are read at
/// once.
inline constexpr std::size_t behind = 2 * vectors_a_word;

/// Places for vectors between the two.
inline constexpr std::size_t slots = 4 * vectors_a_word;

}  // namespace parzen
