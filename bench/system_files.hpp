// Reading the small files in which Linux tells about itself.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

inline const std::string unknown = "unknown";

/// The file's text without white space at its ends; "unknown" where it cannot be read or is empty.
std::string read_text(const std::filesystem::path& file);

/// What follows `key` and a colon or white space on the first line that begins with it; "unknown" where there is none.
std::string read_field(const std::filesystem::path& file, std::string_view key);

/// The field of that index (from 0) among those that white space separates; "unknown" where there is none.
std::string word(const std::string& text, std::size_t index);

/// The folders in `folder` whose names are `prefix` and a number, by that number.
std::vector<std::filesystem::path> numbered(const std::filesystem::path& folder, std::string_view prefix);

/// The file of that name in the cgroup of this process that the controller governs (version 2 or 1), read;
/// "unknown" where there is none.
std::string read_cgroup(std::string_view controller, std::string_view file);

}  // namespace bench
