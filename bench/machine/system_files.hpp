// The functions of host/ that read files of Linux, for this folder.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "host/files.hpp"

namespace bench {

using host::read_cgroups;
using host::read_field;
using host::read_text;
using host::unknown;
using host::word;

/// Where Linux describes processors: a folder cpuN for each, and common folders next to them.
inline const std::filesystem::path processors_folder = "/sys/devices/system/cpu";

/// The folders in `folder` that are named `prefix` and a number, sorted by number.
std::vector<std::filesystem::path> numbered(const std::filesystem::path& folder, std::string_view prefix);

}  // namespace bench
