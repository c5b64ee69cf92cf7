// How often this program and all processes that come of it have allocated memory.
#pragma once

#include <cstdint>
#include <optional>

namespace counting_malloc {

/// Nothing where another C library than glibc is used: only that one is known to have its functions by a second name.
std::optional<std::uint64_t> allocations();

}  // namespace counting_malloc
