// The file descriptors of this process: how many it may have open, and closing those that others opened.
#pragma once

#include <sys/resource.h>

#include <filesystem>

namespace host {

/// Raises their number to the hard limit, or leaves it as it was where the system refuses that; returns how many they
/// may be from now on. Processes that are forked later have the same limit. Source: getrlimit(2), RLIMIT_NOFILE. Throws
/// std::system_error if the limit cannot be read.
rlim_t raise_descriptor_limit();

/// Closes all from the first number to the last: by close_range(2); where the system has it not (Linux before 5.9) or
/// denies it, those that /proc lists; without /proc, all up to the hard limit, of which at most 2^20 are tried, the
/// system's default of fs.nr_open. For a process of one thread. `root` is the folder in which proc/ lies.
void close_descriptors(int first, int last, const std::filesystem::path& root = "/");

/// Opens the file in place of each standard stream that is closed, so that no other one gets its number; where it
/// cannot be opened, or is "", what can be neither read nor written, as if the stream were still closed.
void fill_standard_streams(const std::filesystem::path& file);

}  // namespace host
