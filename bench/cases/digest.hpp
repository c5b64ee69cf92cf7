// A number by which two runs show that they counted the same.
#pragma once

#include <cstdint>
#include <span>

#include "parzen/problem.hpp"

namespace bench {

/// FNV-1a, 32 bits, over the counts as little-endian 64-bit integers; a number that a double holds exactly.
/// Source: G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake, RFC 9923.
std::uint32_t digest(std::span<const parzen::Count> counts);

}  // namespace bench
