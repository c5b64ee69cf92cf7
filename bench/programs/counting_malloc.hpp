// Counts the allocations of this program and all its descendants.
#pragma once

#include <cstdint>
#include <optional>

namespace counting_malloc {

/// Returns nothing with another C library than glibc: only glibc is known to have second names for its functions.
std::optional<std::uint64_t> allocations();

}  // namespace counting_malloc
