// How much memory the program takes, with all of its processes.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <optional>

namespace bench {

/// Bytes of this process and its descendants, each page by its share where several have it: the proportional set size,
/// PSS (Documentation/filesystems/proc.rst). Of a process that ends meanwhile nothing is counted. Nothing where the
/// system does not tell: Linux before 4.14, or no /proc.
std::optional<std::uint64_t> proportional_set_size();

/// Adds `pss_between_calls`, and `pss_peak`, the most that was seen in calls that are made for this. Reading takes
/// longer than many a call, so it happens while none is timed.
void set_memory_counters(benchmark::State& state, const std::function<void()>& once);

}  // namespace bench
