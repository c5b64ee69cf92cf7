// Reading the small files in which Linux tells about itself.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

inline const std::string unknown = "unknown";

/// Where Linux tells about processors, one folder cpuN each and common ones beside them.
inline const std::filesystem::path processors = "/sys/devices/system/cpu";

/// The file's text without white space at its ends; "unknown" where it cannot be read or is empty.
std::string read_text(const std::filesystem::path& file);

/// What follows `key` and a colon or white space on the first line that begins with it; "unknown" where there is none.
std::string read_field(const std::filesystem::path& file, std::string_view key);

/// The field of that index (from 0) among those that white space separates; "unknown" where there is none.
std::string word(const std::string& text, std::size_t index);

/// The folders in `folder` whose names are `prefix` and a number, by that number.
std::vector<std::filesystem::path> numbered(const std::filesystem::path& folder, std::string_view prefix);

/// The files of that name in the cgroup of this process that the controller governs (version 2 or 1) and in the groups
/// above it, innermost first, those that can be read.
std::vector<std::string> read_cgroups(std::string_view controller, const std::filesystem::path& file);

}  // namespace bench
