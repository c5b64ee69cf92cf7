// The memory of the program with all of its processes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace bench {

/// Bytes of this process and its descendants. A shared page counts once: this is the sum of their proportional set
/// sizes, PSS (Documentation/filesystems/proc.rst). Each process is read twice, and the smaller value counts. So pages
/// that move between processes meanwhile, by a fork or an exit, are not counted twice: all counted processes were alive
/// between the two passes. Returns nothing if descendants() does, or on Linux older than 4.14.
std::optional<std::uint64_t> proportional_set_size();

/// The maximum while `call_unless` makes calls, and what it was before. `call_unless(enough)` makes a call unless there
/// were enough readings, and returns whether it did.
std::uint64_t largest_proportional_set_size(std::uint64_t before, const std::function<bool(bool enough)>& call_unless);

}  // namespace bench
