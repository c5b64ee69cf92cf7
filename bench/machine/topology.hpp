// What a machine's processors share: cores, sockets, caches.
#pragma once

#include <filesystem>
#include <string>

namespace bench {

// Each is "unknown" where the kernel does not say. `root` is the folder in which sys/ lies.

/// Cores, each of which may run several threads.
std::string physical_cores(const std::filesystem::path& root = "/");

/// Packages of processors.
std::string sockets(const std::filesystem::path& root = "/");

/// "32 KiB x 2": the size of a cache of that level and type (Data, Instruction, Unified), and how many there are. Of a
/// processor with cores of several kinds "32 KiB x 4, 64 KiB x 2", in the order of the CPUs.
std::string cache(const std::string& level, const std::string& type, const std::filesystem::path& root = "/");

}  // namespace bench
