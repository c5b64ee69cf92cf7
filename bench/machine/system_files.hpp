// What this room reads of the files in which Linux tells about itself.
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

/// Where Linux tells about processors, one folder cpuN each and common ones next to them.
inline const std::filesystem::path processors_folder = "/sys/devices/system/cpu";

/// The folders in `folder` whose names are `prefix` and a number, by that number.
std::vector<std::filesystem::path> numbered(const std::filesystem::path& folder, std::string_view prefix);

}  // namespace bench
