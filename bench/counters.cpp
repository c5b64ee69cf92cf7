#include "counters.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <time.h>  // NOLINT(modernize-deprecated-headers): clock_getcpuclockid is POSIX, not C++
#include <unistd.h>

#include <filesystem>
#include <string>

#include "system_files.hpp"

namespace bench {

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

/// CPU seconds of a process that lives; its clock counts nanoseconds where /proc/PID/stat counts ticks of 10 ms.
double cpu_seconds(pid_t pid) {
  clockid_t clock = 0;
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::int64_t involuntary_switches(pid_t pid) {
  const std::string switches = read_field(fmt::format("/proc/{}/status", pid), "nonvoluntary_ctxt_switches");
  return switches == unknown ? 0 : std::stoll(switches);
}

}  // namespace

Usage usage_now() {
  rusage own{};
  rusage reaped{};
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_CHILDREN, &reaped);
  Usage usage{seconds(reaped.ru_utime) + seconds(reaped.ru_stime),
              own.ru_nivcsw + reaped.ru_nivcsw};  // NOLINT(*-union-access): how glibc declares rusage
  // /proc/PID/task/TID/children would be shorter, but not every kernel has it.
  const std::string self = std::to_string(getpid());
  for (const auto& process : numbered("/proc", "")) {
    if (read_field(process / "status", "PPid") != self) continue;
    const pid_t child = std::stoi(process.filename());
    usage.children_cpu_seconds += cpu_seconds(child);
    usage.involuntary_switches += involuntary_switches(child);
  }
  return usage;
}

std::uint32_t digest(std::span<const parzen::Count> counts) {
  std::uint32_t hash = 2166136261U;
  for (const parzen::Count count : counts) {
    auto rest = static_cast<std::uint64_t>(count);
    for (int byte = 0; byte < 8; ++byte, rest >>= 8U) {
      hash = (hash ^ static_cast<std::uint32_t>(rest & 0xffU)) * 16777619U;
    }
  }
  return hash;
}

}  // namespace bench
