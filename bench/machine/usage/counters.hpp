// Usage of child processes. Google Benchmark only measures the calling process.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace bench {

/// Usage since the program started. Descendants are children, their children and so on: a pool's workers are not direct
/// children of this process.
struct Usage {
  double children_cpu_seconds = 0;        ///< of all descendants, including live ones
  std::int64_t involuntary_switches = 0;  ///< of this process, its live descendants and those that it has reaped
};

/// Reads clocks of other processes (clock_getcpuclockid), getrusage and /proc. That takes milliseconds, so call it
/// outside of timed code. It first waits up to a second for ended descendants to be reaped. A pool ends before the fork
/// server reaps its supervisor; without the wait, two calls could count that time in different places. Accuracy:
/// microseconds. Exceptions: what live descendants other than the fork server have reaped is in ticks of 10 ms, and
/// running ones are counted up to the last scheduler tick. Descendants `apart` are excluded, and not waited for, since
/// they do no work of this program. Returns nothing if /proc is missing or shows another PID namespace
/// (pid_namespaces(7)).
std::optional<Usage> usage_now(std::span<const pid_t> apart = {});

/// Descendants that are not reaped; nothing if usage_now() returns nothing.
std::optional<std::vector<pid_t>> descendants();

/// CPU time of a process that is not reaped, without its children; 0 for an unknown PID.
std::chrono::nanoseconds cpu_time(pid_t pid);

}  // namespace bench
