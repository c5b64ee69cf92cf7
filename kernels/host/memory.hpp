// How much more memory this process may take.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace host {

/// Bytes: MemAvailable, or the lowest limit minus usage if that is less. Limits: this process's cgroup (version 2 or 1)
/// and its ancestors, and its own (ulimit -v and -d). Cached files do not count as usage. Nothing if none of them can
/// be read. `root` is the folder that contains proc/ and sys/. Sources: proc(5); Linux, admin-guide/cgroup-v2.rst and
/// cgroup-v1/memory.rst.
std::optional<std::uint64_t> available_memory(const std::filesystem::path& root = "/");

}  // namespace host
