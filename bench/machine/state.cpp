// Items that change from moment to moment. Sources: proc(5), sysfs, cgroups(7), sched(7), personality(2).
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <string_view>
#include <utility>

#include "host/memory.hpp"
#include "machine/environment.hpp"
#include "machine/machine.hpp"
#include "machine/system_files.hpp"

namespace bench {

namespace {

namespace fs = std::filesystem;

/// The distinct values of a file over all processors, such as the governors in use.
std::string over_processors(const fs::path& file) {
  std::set<std::string> values;
  for (const fs::path& processor : numbered(processors_folder, "cpu")) values.insert(read_text(processor / file));
  values.erase(unknown);
  return values.empty() ? unknown : fmt::format("{}", fmt::join(values, ", "));
}

std::string turbo() {
  const std::string intel = read_text(processors_folder / "intel_pstate/no_turbo");
  if (intel != unknown) return intel == "1" ? "off" : "on";
  const std::string boost = read_text(processors_folder / "cpufreq/boost");
  return boost == "1" ? "on" : boost == "0" ? "off" : unknown;
}

std::string frequency() {
  const std::string kilohertz = read_text(processors_folder / "cpu0/cpufreq/scaling_cur_freq");
  return kilohertz == unknown ? unknown : fmt::format("{:.0f}", std::stod(kilohertz) / 1000);
}

/// The hottest sensor.
std::string temperature() {
  double hottest = -1e9;
  for (const fs::path& device : numbered("/sys/class/hwmon", "hwmon")) {
    for (int sensor = 1; sensor < 64; ++sensor) {
      const std::string text = read_text(device / fmt::format("temp{}_input", sensor));
      if (text == unknown) break;
      hottest = std::max(hottest, std::stod(text) / 1000);
    }
  }
  return hottest > -1e9 ? fmt::format("{:.0f}", hottest) : unknown;
}

/// Ticks of all CPUs since boot: the sum of the first eight fields. Guest ticks are part of user time.
std::string all_ticks(const std::string& cpu) {
  unsigned long long sum = 0;
  for (std::size_t field = 0; field < 8; ++field) {
    const std::string ticks = word(cpu, field);
    if (ticks == unknown) return unknown;
    sum += std::stoull(ticks);
  }
  return std::to_string(sum);
}

/// The value of `name=` on the line of that kind in a pressure file (PSI).
std::string pressure(std::string_view kind, std::string_view name) {
  const std::string line = read_field("/proc/pressure/cpu", kind);
  const auto found = line.find(std::string(name) + "=");
  return found == std::string::npos ? unknown : word(line.substr(found + name.size() + 1), 0);
}

/// The number of periods in which this process's cgroup exhausted its quota.
std::string throttled() {
  const auto statistics = read_cgroups("cpu", "cpu.stat");
  if (statistics.empty()) return unknown;
  const auto found = statistics.front().find("nr_throttled ");
  return found == std::string::npos ? unknown : word(statistics.front().substr(found), 1);
}

std::string address_space_randomisation() {
  constexpr unsigned long ask = 0xffffffff;
  const int now = personality(ask);
  const std::string setting = read_text("/proc/sys/kernel/randomize_va_space");
  if (setting == unknown || now < 0) return unknown;
  return (now & ADDR_NO_RANDOMIZE) != 0 || setting == "0" ? "off" : "on";
}

/// Tries to open the hardware counter of instructions.
std::string counters() {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
  attributes.exclude_kernel = 1;
  const long descriptor = syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (descriptor < 0) return "no";
  close(static_cast<int>(descriptor));
  return "yes";
}

/// "SCHED_OTHER, nice 0".
std::string scheduling() {
  constexpr std::array<std::pair<int, std::string_view>, 6> policies{{{SCHED_OTHER, "SCHED_OTHER"},
                                                                      {SCHED_BATCH, "SCHED_BATCH"},
                                                                      {SCHED_IDLE, "SCHED_IDLE"},
                                                                      {SCHED_FIFO, "SCHED_FIFO"},
                                                                      {SCHED_RR, "SCHED_RR"},
                                                                      {SCHED_DEADLINE, "SCHED_DEADLINE"}}};
  const int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
  const auto* const found = std::ranges::find(policies, policy, &std::pair<int, std::string_view>::first);
  errno = 0;  // -1 is a valid nice value too
  const int nice = getpriority(PRIO_PROCESS, 0);
  return fmt::format("{}, nice {}", found == policies.end() ? unknown : found->second,
                     errno == 0 ? std::to_string(nice) : unknown);
}

/// The mode in brackets, of `always [madvise] never`.
std::string transparent_huge_pages(const char* file) {
  const std::string modes = read_text(fs::path("/sys/kernel/mm/transparent_hugepage") / file);
  const auto first = modes.find('[');
  const auto last = modes.find(']');
  return first < last && last != std::string::npos ? modes.substr(first + 1, last - first - 1) : unknown;
}

std::string power() {
  std::error_code error;
  for (const auto& supply : fs::directory_iterator("/sys/class/power_supply", error)) {
    if (read_text(supply.path() / "type") == "Battery" && read_text(supply.path() / "status") == "Discharging") {
      return "battery";
    }
  }
  // A machine that reports no supply is a server or a guest; whether it has mains power is unknown.
  return fs::is_empty("/sys/class/power_supply", error) || error ? unknown : "mains";
}

std::string available_memory() {
  const auto bytes = host::available_memory();
  return bytes ? std::to_string(*bytes) : unknown;
}

}  // namespace

Items describe_state() {
  const std::string load = read_text("/proc/loadavg");  // 1, 5, 15 minutes, runnable/all tasks, last process
  const std::string cpu = read_field("/proc/stat", "cpu");
  const std::string runnable = word(load, 3);
  return {
      {"governor", over_processors("cpufreq/scaling_governor")},
      {"frequency_driver", over_processors("cpufreq/scaling_driver")},
      {"turbo", turbo()},
      {"frequency_mhz", frequency()},
      {"temperature_c", temperature()},
      {"load_1m", word(load, 0)},
      {"runnable_tasks", runnable.substr(0, runnable.find('/'))},
      {"steal_ticks", word(cpu, 7)},
      {"cpu_ticks", all_ticks(cpu)},
      {"pressure_cpu_some_avg10", pressure("some", "avg10")},
      {"throttled_periods", throttled()},
      {"address_space_randomisation", address_space_randomisation()},
      {"transparent_huge_pages", transparent_huge_pages("enabled")},
      {"transparent_huge_pages_shared", transparent_huge_pages("shmem_enabled")},
      {"perf_event_paranoid", read_text("/proc/sys/kernel/perf_event_paranoid")},
      {"perf_counters", counters()},
      {"scheduling", scheduling()},
      {"environment", describe_environment(environ)},
      {"power", power()},
      {"memory_available_bytes", available_memory()},
  };
}

}  // namespace bench
