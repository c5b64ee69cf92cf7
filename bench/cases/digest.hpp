// A number by which two runs show that they counted the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bench {

/// FNV-1a, 32 bits, over the bytes of an answer; a number that a double holds exactly. Numbers are little-endian on
/// every machine that the suite knows. Source: G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake, RFC 9923.
std::uint32_t digest(std::span<const std::byte> answer);

}  // namespace bench
