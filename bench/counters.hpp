// What Google Benchmark does not see: it knows the calling process only.
#pragma once

#include <cstdint>
#include <span>

#include "parzen/problem.hpp"

namespace bench {

/// Used since the program began.
struct Usage {
  double children_cpu_seconds = 0;        ///< of all child processes, those that live included
  std::int64_t involuntary_switches = 0;  ///< of this process and all its children
};

/// Reads clocks of other processes (clock_getcpuclockid), getrusage and /proc: milliseconds, so outside of what is
/// timed.
Usage usage_now();

/// FNV-1a, 32 bits, over the counts as little-endian 64-bit integers; a number that a double holds exactly.
/// Source: G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake, RFC 9923.
std::uint32_t digest(std::span<const parzen::Count> counts);

}  // namespace bench
