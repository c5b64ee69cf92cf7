// How many processes and threads this process may still make.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace host {

/// What the tightest limit leaves, a thread being as much as a process: of this process's cgroup (version 2 or 1) or of
/// one above, or RLIMIT_NPROC, which is the user's and does not hold root. Nothing without a limit. `root` is the
/// folder in which proc/ and sys/ lie. Sources: Linux, admin-guide/cgroup-v2.rst and cgroup-v1/pids.rst; getrlimit(2).
std::optional<std::uint64_t> available_tasks(const std::filesystem::path& root = "/");

}  // namespace host
