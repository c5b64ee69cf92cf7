#include "memory_use.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <string>
#include <thread>

#include "counters.hpp"
#include "system_files.hpp"

namespace bench {

namespace {

std::optional<std::uint64_t> proportional_set_size_of(pid_t pid) {
  const std::string kilobytes = read_field(fmt::format("/proc/{}/smaps_rollup", pid), "Pss");
  if (kilobytes == unknown) return std::nullopt;
  constexpr std::uint64_t kilobyte = 1024;
  return kilobyte * std::stoull(kilobytes);
}

}  // namespace

std::optional<std::uint64_t> proportional_set_size() {
  std::optional<std::uint64_t> bytes = proportional_set_size_of(getpid());
  if (!bytes) return std::nullopt;
  for (const pid_t pid : descendants()) *bytes += proportional_set_size_of(pid).value_or(0);
  return bytes;
}

void set_memory_counters(benchmark::State& state, const std::function<void()>& once) {
  const std::optional<std::uint64_t> between = proportional_set_size();
  if (!between) return;
  std::uint64_t peak = *between;
  {
    const std::jthread watch([&peak](const std::stop_token& stop) {
      while (!stop.stop_requested()) peak = std::max(peak, proportional_set_size().value_or(0));
    });
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::milliseconds long_enough{50};
    const auto end = Clock::now() + long_enough;
    do {
      once();
    } while (Clock::now() < end);
  }
  state.counters["pss_between_calls"] = static_cast<double>(*between);
  state.counters["pss_peak"] = static_cast<double>(peak);
}

}  // namespace bench
