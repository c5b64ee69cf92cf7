#include "host/memory.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "host/files.hpp"

namespace host {

namespace {

/// What a version of cgroups calls its files, and the fields of memory.stat that count cached files, of the group and
/// of those below it.
struct Version {
  std::string_view limit;
  std::string_view use;
  std::array<std::string_view, 2> cached;
};

constexpr std::array<Version, 2> versions{{
    {"memory.max", "memory.current", {"active_file", "inactive_file"}},
    {"memory.limit_in_bytes", "memory.usage_in_bytes", {"total_active_file", "total_inactive_file"}},
}};

/// What the group's limit leaves; nothing if it has none.
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

}  // namespace

std::optional<std::uint64_t> available_memory(const std::filesystem::path& root) {
  constexpr std::uint64_t kibibyte = 1024;
  auto bytes = number(word(read_field(root / "proc/meminfo", "MemAvailable"), 0));
  if (bytes) *bytes *= kibibyte;
  for (const auto& group : cgroups("memory", root)) {
    const auto left = left_by(group);
    if (left) bytes = std::min(*left, bytes.value_or(*left));
  }
  return bytes;
}

}  // namespace host
