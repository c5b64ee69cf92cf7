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

std::uint64_t largest_proportional_set_size(std::uint64_t before, const std::function<bool(bool enough)>& call_unless) {
  constexpr int enough = 6;
  std::uint64_t peak = before;
  std::atomic<int> readings = 0;
  {
    const std::jthread watch([&peak, &readings](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        peak = std::max(peak, proportional_set_size().value_or(0));
        ++readings;
      }
    });
    while (call_unless(readings >= enough)) {
    }
  }
  return peak;
}

}  // namespace bench
