// The file descriptors of this process: raising their limit, and closing inherited ones.
#pragma once

#include <sys/resource.h>

#include <filesystem>

namespace host {

/// Raises the soft limit to the hard limit, or leaves it if the system denies that; returns the new limit. Child
/// processes inherit it. Source: getrlimit(2), RLIMIT_NOFILE. Throws std::system_error if the limit cannot be read.
rlim_t raise_descriptor_limit();

/// Closes all descriptors from `first` to `last`, by close_range(2). If that is missing (Linux before 5.9) or denied:
/// those listed in /proc. Without /proc: all up to the hard limit, but at most 2^20, the default of fs.nr_open. For a
/// single-threaded process. `root` is the folder that contains proc/.
void close_descriptors(int first, int last, const std::filesystem::path& root = "/");

/// Opens the file for each closed standard stream, so that no other file gets its number. If it cannot be opened, or is
/// "", opens a descriptor that can be neither read nor written, as if the stream were still closed.
void fill_standard_streams(const char* file);

}  // namespace host
