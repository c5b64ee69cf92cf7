#include "machine/processor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "machine/system_files.hpp"

namespace bench {

namespace {

namespace fs = std::filesystem;

/// The block of one processor in /proc/cpuinfo: lines `name : value`.
using Fields = std::map<std::string, std::string>;

std::vector<Fields> processors(const fs::path& root) {
  std::vector<Fields> all;
  std::ifstream cpuinfo(root / "proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    const auto colon = line.find(':');
    const auto last = line.find_last_not_of(" \t", colon == 0 ? 0 : colon - 1);
    if (colon == std::string::npos || last == std::string::npos) continue;
    const std::string name = line.substr(0, last + 1);
    if (name == "processor") all.emplace_back();
    if (all.empty()) continue;
    const auto value = line.find_first_not_of(" \t", colon + 1);
    all.back().emplace(name, value == std::string::npos ? unknown : line.substr(value));
  }
  return all;
}

std::string field(const Fields& fields, const std::string& name) {
  const auto found = fields.find(name);
  return found == fields.end() ? unknown : found->second;
}

constexpr std::string_view arm = "0x41";  // implementer

/// Arm's own cores in commonly measured machines (MIDR_EL1, as in Linux's asm/cputype.h).
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> parts{{
    {"0xd03", "Cortex-A53"},
    {"0xd05", "Cortex-A55"},
    {"0xd08", "Cortex-A72"},
    {"0xd0b", "Cortex-A76"},
    {"0xd0c", "Neoverse-N1"},
    {"0xd40", "Neoverse-V1"},
    {"0xd41", "Cortex-A78"},
    {"0xd49", "Neoverse-N2"},
    {"0xd4f", "Neoverse-V2"},
    {"0xd84", "Neoverse-V3"},
}};

/// "r1p1" of variant 0x1 and revision 1.
std::string release(const Fields& fields) {
  const std::string variant = field(fields, "CPU variant");
  const std::string revision = field(fields, "CPU revision");
  if (!variant.starts_with("0x") || revision == unknown) return "";
  return fmt::format(" r{}p{}", std::strtoul(variant.c_str(), nullptr, 16), revision);
}

std::string arm_model(const Fields& fields) {
  const std::string implementer = field(fields, "CPU implementer");
  const std::string part = field(fields, "CPU part");
  if (implementer == unknown || part == unknown) return unknown;
  const auto* const named = std::ranges::find(parts, part, &decltype(parts)::value_type::first);
  const std::string name = implementer == arm && named != parts.end()
                               ? fmt::format("Arm {}", named->second)
                               : fmt::format("implementer {} part {}", implementer, part);
  return name + release(fields);
}

/// From the device tree, where text ends with a byte of 0.
std::string board(const fs::path& root) {
  const std::string model = read_text(root / "proc/device-tree/model");
  return model.substr(0, model.find('\0'));
}

}  // namespace

std::string processor_model(const fs::path& root) {
  std::vector<std::string> models;
  for (const Fields& fields : processors(root)) {
    std::string model = field(fields, "model name");
    if (model == unknown) model = arm_model(fields);
    if (model != unknown && std::ranges::find(models, model) == models.end()) models.push_back(std::move(model));
  }
  if (models.empty()) return unknown;
  const std::string all = fmt::format("{}", fmt::join(models, ", "));
  const std::string where = board(root);
  return where == unknown ? all : fmt::format("{} ({})", all, where);
}

std::string processor_flags(const fs::path& root) {
  std::string text = read_field(root / "proc/cpuinfo", "flags");
  if (text == unknown) text = read_field(root / "proc/cpuinfo", "Features");
  std::istringstream stream(text);
  const std::set<std::string> flags{std::istream_iterator<std::string>(stream), {}};
  return fmt::format("{}", fmt::join(flags, " "));
}

std::string virtualisation(const fs::path& root) {
  const std::string maker = read_text(root / "sys/class/dmi/id/sys_vendor");
  if (read_field(root / "proc/cpuinfo", "flags") == unknown)
    return maker == unknown ? unknown : "unknown, maker " + maker;
  const bool guest = fmt::format(" {} ", processor_flags(root)).find(" hypervisor ") != std::string::npos;
  if (!guest) return "none";
  return "hypervisor, " + (maker == unknown ? "maker unknown" : maker);
}

}  // namespace bench
