// Reading the small text files of /proc and /sys.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

inline const std::string unknown = "unknown";

/// The file's text without leading and trailing white space; "unknown" if it is empty or cannot be read.
std::string read_text(const std::filesystem::path& file);

/// The text after `key` and a colon or white space, on the first line that begins with it; "unknown" if there is none.
std::string read_field(const std::filesystem::path& file, std::string_view key);

/// The field of that index (from 0), separated by white space; "unknown" if there is none.
std::string word(const std::string& text, std::size_t index);

/// The text as an integer; nothing if it is not one, such as the "max" of a group without a limit.
std::optional<std::uint64_t> number(std::string_view text);

/// The folders of this process's cgroup for that controller (version 2 or 1) and of its ancestors, innermost first.
/// `root` is the folder that contains proc/ and sys/.
std::vector<std::filesystem::path> cgroups(std::string_view controller, const std::filesystem::path& root = "/");

/// The contents of the readable files of that name in those folders.
std::vector<std::string> read_cgroups(std::string_view controller, const std::filesystem::path& file,
                                      const std::filesystem::path& root = "/");

}  // namespace host
