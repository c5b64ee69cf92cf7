// The memory of the program with all of its processes.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <optional>

namespace bench {

/// Bytes of this process and its descendants. A shared page counts once: this is the sum of their proportional set
/// sizes, PSS (Documentation/filesystems/proc.rst). Each process is read twice, and the smaller value counts. So pages
/// that move between processes meanwhile, by a fork or an exit, are not counted twice: all counted processes were alive
/// between the two passes. Returns nothing if descendants() does, or on Linux older than 4.14.
std::optional<std::uint64_t> proportional_set_size();

/// Sets the counters `pss_between_calls`, bytes between two calls, and `pss_peak`, the maximum during extra, untimed
/// calls. A reading takes longer than many a call, so none happens during timed calls.
void set_memory_counters(benchmark::State& state, const std::function<void()>& once);

}  // namespace bench
