// What the processors of a machine share: cores, sockets, caches.
#pragma once

#include <filesystem>
#include <string>

namespace bench {

// Each is "unknown" if the kernel does not report it. `root` is the folder of sys/.

/// The number of cores; each may run several threads.
std::string physical_cores(const std::filesystem::path& root = "/");

/// The number of processor packages.
std::string sockets(const std::filesystem::path& root = "/");

/// The size and number of caches of that level and type (Data, Instruction, Unified), as "32 KiB x 2". With several
/// kinds of cores "32 KiB x 4, 64 KiB x 2", in the order of the CPUs.
std::string cache(const std::string& level, const std::string& type, const std::filesystem::path& root = "/");

}  // namespace bench
