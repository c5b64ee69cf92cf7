// A number that shows whether two runs found the same counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bench {

/// Returns the FNV-1a hash, 32 bits, of the bytes of an answer. A double holds it exactly. The bytes are the same on
/// all machines of the suite, since all are little-endian. Source: G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake, RFC
/// 9923.
std::uint32_t digest(std::span<const std::byte> answer);

}  // namespace bench
