// How many more processes and threads this process may create.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace host {

/// The lowest limit minus usage; a thread counts as a process. Limits: this process's cgroup (version 2 or 1) and its
/// ancestors, and RLIMIT_NPROC, which applies to a user and not to root. Nothing without a limit. `root` is the folder
/// that contains proc/ and sys/. Sources: Linux, admin-guide/cgroup-v2.rst and cgroup-v1/pids.rst; getrlimit(2).
std::optional<std::uint64_t> available_tasks(const std::filesystem::path& root = "/");

}  // namespace host
