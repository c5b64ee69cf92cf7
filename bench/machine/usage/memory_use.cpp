#include "machine/usage/memory_use.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "machine/system_files.hpp"
#include "machine/usage/counters.hpp"

namespace bench {

namespace {

std::optional<std::uint64_t> proportional_set_size_of(pid_t pid) {
  const std::string kilobytes = read_field(fmt::format("/proc/{}/smaps_rollup", pid), "Pss");
  if (kilobytes == unknown) return std::nullopt;
  constexpr std::uint64_t kilobyte = 1024;
  return kilobyte * std::stoull(kilobytes);
}

/// Skips processes that end meanwhile.
std::map<pid_t, std::uint64_t> proportional_set_sizes(const std::vector<pid_t>& pids) {
  std::map<pid_t, std::uint64_t> sizes;
  for (const pid_t pid : pids) {
    if (const auto bytes = proportional_set_size_of(pid)) sizes[pid] = *bytes;
  }
  return sizes;
}

}  // namespace

std::optional<std::uint64_t> proportional_set_size() {
  std::optional<std::vector<pid_t>> pids = descendants();
  if (!pids) return std::nullopt;
  pids->insert(pids->begin(), getpid());
  const auto first = proportional_set_sizes(*pids);
  const auto second = proportional_set_sizes(*pids);
  if (!second.contains(getpid())) return std::nullopt;
  std::uint64_t sum = 0;
  for (const auto& [pid, bytes] : second) {
    if (const auto before = first.find(pid); before != first.end()) sum += std::min(bytes, before->second);
  }
  return sum;
}

void set_memory_counters(benchmark::State& state, const std::function<void()>& once) {
  constexpr int looks_during_calls = 6;
  const std::optional<std::uint64_t> warm = proportional_set_size();
  if (!warm) return;
  std::uint64_t peak = *warm;
  std::atomic<int> looks = 0;
  {
    const std::jthread watch([&peak, &looks](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        peak = std::max(peak, proportional_set_size().value_or(0));
        ++looks;
      }
    });
    while (looks < looks_during_calls) once();
  }
  state.counters["pss_between_calls"] = static_cast<double>(*warm);
  state.counters["pss_peak"] = static_cast<double>(peak);
}

}  // namespace bench
