// Reading the small files in which Linux tells about itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

inline const std::string unknown = "unknown";

/// The file's text without white space at its ends; "unknown" where it cannot be read or is empty.
std::string read_text(const std::filesystem::path& file);

/// What follows `key` and a colon or white space on the first line that begins with it; "unknown" where there is none.
std::string read_field(const std::filesystem::path& file, std::string_view key);

/// The field of that index (from 0) among those that white space separates; "unknown" where there is none.
std::string word(const std::string& text, std::size_t index);

/// The whole number that the text is; nothing for all else, such as the "max" of a group without a limit.
std::optional<std::uint64_t> number(std::string_view text);

/// The folders of the cgroup of this process that the controller governs (version 2 or 1) and of the groups above it,
/// innermost first. `root` is the folder in which proc/ and sys/ lie.
std::vector<std::filesystem::path> cgroups(std::string_view controller, const std::filesystem::path& root = "/");

/// The files of that name in those folders, those that can be read.
std::vector<std::string> read_cgroups(std::string_view controller, const std::filesystem::path& file,
                                      const std::filesystem::path& root = "/");

}  // namespace host
