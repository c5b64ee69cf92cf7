// Items that identify the machine and the build. Sources: proc(5), sysfs, cgroups(7), and CMake at build time.
#include "machine/machine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gnu/libc-version.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "build_info.hpp"
#include "host/processors.hpp"
#include "machine/processor.hpp"
#include "machine/system_files.hpp"
#include "machine/topology.hpp"

namespace bench {

namespace {

namespace fs = std::filesystem;

std::string smt() {
  const std::string active = read_text(processors_folder / "smt/active");
  return active == "1" ? "on" : active == "0" ? "off" : unknown;
}

std::string memory_bytes() {
  const std::string kibibytes = word(read_field("/proc/meminfo", "MemTotal"), 0);
  return kibibytes == unknown ? unknown : std::to_string(std::stoull(kibibytes) * 1024);
}

std::string usable_list() {
  const cpu_set_t set = host::affinity();
  std::vector<std::string> ranges;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &set)) continue;
    const int first = cpu;
    while (cpu + 1 < CPU_SETSIZE && CPU_ISSET(cpu + 1, &set)) ++cpu;
    ranges.push_back(first == cpu ? std::to_string(first) : fmt::format("{}-{}", first, cpu));
  }
  return ranges.empty() ? unknown : fmt::format("{}", fmt::join(ranges, ","));
}

std::string usable_count() {
  const cpu_set_t set = host::affinity();
  const int count = CPU_COUNT(&set);
  return count == 0 ? unknown : std::to_string(count);
}

/// "none" without a limit, else "1.50 CPUs".
std::string quota() {
  const std::optional<double> cpus = host::cpu_quota();
  if (!cpus) return unknown;
  return std::isinf(*cpus) ? "none" : fmt::format("{:.2f} CPUs", *cpus);
}

std::string kernel() {
  utsname names{};
  return uname(&names) == 0 ? fmt::format("{} {} {}", names.sysname, names.release, names.version) : unknown;
}

/// The kernel's mitigation of each known vulnerability, without those that do not affect this processor.
std::string mitigations() {
  std::map<std::string, std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(processors_folder / "vulnerabilities", error)) {
    found[entry.path().filename()] = read_text(entry.path());
  }
  if (found.empty()) return unknown;
  std::vector<std::string> lines;
  for (const auto& [name, text] : found) {
    if (text != "Not affected") lines.push_back(fmt::format("{}: {}", name, text));
  }
  return lines.empty() ? "not affected by any known" : fmt::format("{}", fmt::join(lines, "; "));
}

}  // namespace

Items describe_machine() {
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  const auto nodes = numbered("/sys/devices/system/node", "node");
  return {
      {"cpu_model", processor_model()},
      {"cpu_flags", processor_flags()},
      {"logical_cpus", online < 1 ? unknown : std::to_string(online)},
      {"physical_cores", physical_cores()},
      {"sockets", sockets()},
      {"numa_nodes", nodes.empty() ? unknown : std::to_string(nodes.size())},
      {"smt", smt()},
      {"cache_l1d", cache("1", "Data")},
      {"cache_l1i", cache("1", "Instruction")},
      {"cache_l2", cache("2", "Unified")},
      {"cache_l3", cache("3", "Unified")},
      {"memory_bytes", memory_bytes()},
      {"virtualisation", virtualisation()},
      {"usable_cpus", usable_count()},
      {"usable_cpu_list", usable_list()},
      {"cpu_quota", quota()},
      {"kernel", kernel()},
      {"libc", fmt::format("glibc {}", gnu_get_libc_version())},
      {"mitigations", mitigations()},
      {"clock_source", read_text("/sys/devices/system/clocksource/clocksource0/current_clocksource")},
      {"compiler", build_info::compiler},
      {"compiler_flags", build_info::compiler_flags},
      {"build_type", build_info::build_type},
      {"library_benchmark", build_info::library_benchmark},
      {"library_eigen", build_info::library_eigen},
      {"library_tbb", build_info::library_tbb},
      {"library_openmp", build_info::library_openmp},
      {"library_fmt", build_info::library_fmt},
      {"library_highway", build_info::library_highway},
      {"revision", build_info::revision},
      {"revision_dirty", build_info::revision_dirty},
  };
}

}  // namespace bench
