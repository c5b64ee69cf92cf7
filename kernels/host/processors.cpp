#include "host/processors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>

#include "host/files.hpp"

namespace host {

namespace {

/// The CPU limit of "150000 100000": the quotient of both. Infinity for "max ..." and "-1 ..."; nothing for other
/// texts.
std::optional<double> allowed_by(const std::string& limit) {
  const std::string allowed = word(limit, 0);
  if (allowed == "max" || allowed == "-1") return std::numeric_limits<double>::infinity();
  double quota = 0;
  double period = 0;
  if (!(std::istringstream(limit) >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

}  // namespace

cpu_set_t affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  return set;
}

std::optional<double> cpu_quota(const std::filesystem::path& root) {
  auto limits = read_cgroups("cpu", "cpu.max", root);  // version 2: "max 100000" or "150000 100000"
  if (limits.empty()) {                                // version 1: two files
    const auto periods = read_cgroups("cpu", "cpu.cfs_period_us", root);
    limits = read_cgroups("cpu", "cpu.cfs_quota_us", root);
    if (periods.size() != limits.size()) return std::nullopt;
    for (std::size_t i = 0; i < limits.size(); ++i) limits[i] += " " + periods[i];
  }
  if (limits.empty()) return std::nullopt;
  double tightest = std::numeric_limits<double>::infinity();
  for (const std::string& limit : limits) {
    const std::optional<double> allowed = allowed_by(limit);
    if (!allowed) return std::nullopt;
    tightest = std::min(tightest, *allowed);
  }
  return tightest;
}

int usable_processors(const std::filesystem::path& root) {
  const cpu_set_t set = affinity();
  const double quota = cpu_quota(root).value_or(std::numeric_limits<double>::infinity());
  return std::max(1, static_cast<int>(std::nearbyint(std::min<double>(CPU_COUNT(&set), quota))));
}

}  // namespace host
