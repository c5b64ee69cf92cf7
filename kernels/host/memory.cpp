#include "host/memory.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "host/files.hpp"

namespace host {

namespace {

/// The file names of a cgroup version, and the fields of memory.stat that count cached files of the group and its
/// descendants.
struct Version {
  std::string_view limit;
  std::string_view use;
  std::array<std::string_view, 2> cached;
};

constexpr std::array<Version, 2> versions{{
    {"memory.max", "memory.current", {"active_file", "inactive_file"}},
    {"memory.limit_in_bytes", "memory.usage_in_bytes", {"total_active_file", "total_inactive_file"}},
}};

/// The group's limit minus its usage; nothing if it has no limit.
std::optional<std::uint64_t> left_by(const std::filesystem::path& group) {
  for (const Version& version : versions) {
    const auto limit = number(read_text(group / version.limit));
    if (!limit) continue;
    std::uint64_t use = number(read_text(group / version.use)).value_or(0);
    for (const std::string_view field : version.cached) {
      use -= std::min(use, number(read_field(group / "memory.stat", field)).value_or(0));
    }
    return *limit - std::min(use, *limit);
  }
  return std::nullopt;
}

/// A limit of the process, and the field of /proc/self/status that counts towards it.
struct OwnLimit {
  std::string_view limit;
  std::string_view use;
};

constexpr std::array<OwnLimit, 2> own_limits{{{"Max address space", "VmSize"}, {"Max data size", "VmData"}}};

/// Converts a field in kB to bytes.
std::optional<std::uint64_t> bytes_of(const std::filesystem::path& file, std::string_view field) {
  constexpr std::uint64_t kibibyte = 1024;
  auto bytes = number(word(read_field(file, field), 0));
  if (bytes) *bytes *= kibibyte;
  return bytes;
}

/// The limit minus the usage; nothing without a limit.
std::optional<std::uint64_t> left_by(const OwnLimit& own, const std::filesystem::path& process) {
  const auto limit = number(word(read_field(process / "limits", own.limit), 0));
  if (!limit) return std::nullopt;
  return *limit - std::min(bytes_of(process / "status", own.use).value_or(0), *limit);
}

}  // namespace

std::optional<std::uint64_t> available_memory(const std::filesystem::path& root) {
  auto bytes = bytes_of(root / "proc/meminfo", "MemAvailable");
  const auto limit = [&bytes](const std::optional<std::uint64_t>& left) {
    if (left) bytes = std::min(*left, bytes.value_or(*left));
  };
  for (const auto& group : cgroups("memory", root)) limit(left_by(group));
  for (const OwnLimit& own : own_limits) limit(left_by(own, root / "proc/self"));
  return bytes;
}

}  // namespace host
