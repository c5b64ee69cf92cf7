// How much memory the program takes, with all of its processes.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <optional>

namespace bench {

/// Bytes of this process and its descendants, where a page that several have counts once: the sum of their proportional
/// set sizes, PSS (Documentation/filesystems/proc.rst). Each is read twice and the smaller counts, so that pages that
/// pass from one process to another meanwhile, by a fork or an exit, are not counted twice: at a moment between the two
/// passes all that count were alive. Nothing where descendants() is, or Linux is older than 4.14.
std::optional<std::uint64_t> proportional_set_size();

/// Adds the counters `pss_between_calls`, the bytes between two calls, and `pss_peak`, the most that was seen during
/// calls that are made for this: a reading takes longer than many a call, so none happens in what is timed.
void set_memory_counters(benchmark::State& state, const std::function<void()>& once);

}  // namespace bench
