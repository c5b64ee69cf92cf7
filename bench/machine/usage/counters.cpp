#include "machine/usage/counters.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <time.h>  // NOLINT(modernize-deprecated-headers): clock_getcpuclockid is POSIX, not C++
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "machine/system_files.hpp"
#include "processes/fork_server.hpp"

namespace bench {

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

/// Fields of /proc/PID/stat.
struct Stat {
  pid_t parent = 0;
  bool ended = false;             ///< ended, but not reaped
  double reaped_cpu_seconds = 0;  ///< of reaped children and their reaped children, from ticks
};

Stat stat_of(const std::filesystem::path& process) {
  const std::string text = read_text(process / "stat");
  // Start at the third field: the second is a name in brackets, with any characters.
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  constexpr int fields_between = 11;
  char state = 0;
  std::string skipped;
  Stat stat;
  fields >> state >> stat.parent;
  stat.ended = state == 'Z' || state == 'X';
  for (int field = 0; field < fields_between; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  stat.reaped_cpu_seconds = (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return stat;
}

/// Whether /proc belongs to this process's PID namespace.
bool proc_is_ours() {
  std::error_code missing;
  return std::filesystem::read_symlink("/proc/self", missing) == std::to_string(getpid());
}

/// All descendants of this process; nothing if /proc does not show them.
std::optional<std::map<pid_t, Stat>> family() {
  if (!proc_is_ours()) return std::nullopt;
  // /proc/PID/task/TID/children would be simpler, but some kernels lack it.
  std::multimap<pid_t, std::pair<pid_t, Stat>> by_parent;
  auto processes = numbered("/proc", "");
  // Read parents last; they usually have lower numbers. If a child is reaped meanwhile, either the child is found, or
  // its time is already in its parent.
  std::ranges::reverse(processes);
  for (const auto& process : processes) {
    const Stat stat = stat_of(process);
    by_parent.emplace(stat.parent, std::pair(std::stoi(process.filename()), stat));
  }
  std::map<pid_t, Stat> found;
  std::vector<pid_t> parents{getpid()};
  while (!parents.empty()) {
    auto [at, last] = by_parent.equal_range(parents.back());
    parents.pop_back();
    for (; at != last; ++at) {
      // The files are read one after another, and a PID may be reused meanwhile: count none twice.
      if (found.insert(at->second).second) parents.push_back(at->second.first);
    }
  }
  return found;
}

bool is_in(std::span<const pid_t> pids, pid_t pid) { return std::ranges::find(pids, pid) != pids.end(); }

/// The same, after waiting up to a second until ended descendants other than `apart` have been reaped.
std::optional<std::map<pid_t, Stat>> settled_family(std::span<const pid_t> apart) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds patience{1};
  const auto end = Clock::now() + patience;
  while (true) {
    auto found = family();
    if (!found) return found;
    const bool settled = std::ranges::none_of(
        *found, [apart](const auto& each) { return each.second.ended && !is_in(apart, each.first); });
    if (settled || Clock::now() >= end) return found;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::int64_t involuntary_switches(pid_t pid) {
  const std::string switches = read_field(fmt::format("/proc/{}/status", pid), "nonvoluntary_ctxt_switches");
  return switches == unknown ? 0 : std::stoll(switches);
}

}  // namespace

std::optional<Usage> usage_now(std::span<const pid_t> apart) {
  const auto descendants = settled_family(apart);
  if (!descendants) return std::nullopt;
  rusage own{};
  rusage reaped{};
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_CHILDREN, &reaped);
  Usage usage{seconds(reaped.ru_utime) + seconds(reaped.ru_stime),
              own.ru_nivcsw + reaped.ru_nivcsw};  // NOLINT(*-union-access): how glibc declares rusage
  const auto fork_server = processes::ForkServer::current();
  for (const auto& [pid, stat] : *descendants) {
    if (is_in(apart, pid)) continue;
    usage.children_cpu_seconds += seconds(cpu_time(pid));
    const bool is_fork_server = fork_server != nullptr && fork_server->pid() == pid;
    usage.children_cpu_seconds += is_fork_server ? seconds(fork_server->reaped_cpu_time()) : stat.reaped_cpu_seconds;
    usage.involuntary_switches += involuntary_switches(pid);
  }
  return usage;
}

std::optional<std::vector<pid_t>> descendants() {
  const auto found = family();
  if (!found) return std::nullopt;
  std::vector<pid_t> pids;
  for (const auto& [pid, stat] : *found) pids.push_back(pid);
  return pids;
}

std::chrono::nanoseconds cpu_time(pid_t pid) {
  clockid_t clock = 0;
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return std::chrono::nanoseconds(0);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace bench
