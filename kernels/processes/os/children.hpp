// The children of this process.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

namespace processes {

/// Those that have not been reaped, by number: each stays its child's until this process reaps it. Of a process of one
/// thread. A number is believed only if the system says that it is a child's: /proc may be that of another PID
/// namespace, where numbers mean others' processes. Where /proc does not tell, every number is tried, for a third of a
/// second. `proc` is where /proc is mounted.
std::vector<pid_t> children(const std::filesystem::path& proc = "/proc");

/// Whether that is the number of a child of this process that has not been reaped.
bool is_child(pid_t pid) noexcept;

}  // namespace processes
