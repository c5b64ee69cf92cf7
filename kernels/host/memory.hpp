// How much memory this process may still take.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace host {

/// Bytes: MemAvailable, or less where a limit leaves less, the limit without what is in use: of this process's cgroup
/// (version 2 or 1) or of one above, or its own (ulimit -v and -d). Files that are only cached do not count as in use.
/// Nothing where the system tells none of them. `root` is the folder in which proc/ and sys/ lie. Sources: proc(5);
/// Linux, admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
std::optional<std::uint64_t> available_memory(const std::filesystem::path& root = "/");

}  // namespace host
