// What Google Benchmark does not see: it knows the calling process only.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace bench {

/// Used since the program began, where a descendant is a child, a child's child and so on: a pool's workers are not
/// this process's own children.
struct Usage {
  double children_cpu_seconds = 0;        ///< of all descendants, those that live included
  std::int64_t involuntary_switches = 0;  ///< of this process and its descendants that live or that it has reaped
};

/// Reads clocks of other processes (clock_getcpuclockid), getrusage and /proc: milliseconds, so outside of what is
/// timed. First it waits, at most a second, until descendants that have ended have been reaped: a pool has ended before
/// the fork server has reaped its supervisor, and between two calls that would take its time from one place to another.
/// What a descendant that lives has reaped is known in ticks of 10 ms, unless that is the fork server, and what one
/// that is running has used as of the scheduler's last tick; all else to the microsecond. The descendant `apart` is
/// left out, and not waited for, as one that does nothing for this program; 0 is none. Nothing where /proc is missing,
/// or is that of other processes (pid_namespaces(7)): without it the descendants are not known.
std::optional<Usage> usage_now(pid_t apart = 0);

/// Those that have not been reaped; nothing where usage_now() gives nothing.
std::optional<std::vector<pid_t>> descendants();

/// What a process that has not been reaped has used so far, without its children; 0 if there is none of that number.
std::chrono::nanoseconds cpu_time(pid_t pid);

}  // namespace bench
