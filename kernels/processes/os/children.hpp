// The children of this process.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

namespace processes {

/// The pids of the unreaped children of this single-threaded process: these pids cannot be reused until this process
/// reaps them. Each pid is checked by a system call, since /proc may belong to another PID namespace, whose pids mean
/// other processes. If /proc cannot be read, all possible pids are tried, which takes a third of a second. `proc` is
/// where /proc is mounted.
std::vector<pid_t> children(const std::filesystem::path& proc = "/proc");
/// The same by trying all possible pids: /proc may hide other users' processes (hidepid).
std::vector<pid_t> children_by_number(const std::filesystem::path& proc = "/proc");

/// Whether that is the pid of an unreaped child of this process.
bool is_child(pid_t pid) noexcept;

}  // namespace processes
