// How many processors this process may keep busy.
#pragma once

#include <sched.h>

#include <filesystem>
#include <optional>

namespace host {

/// The processors that this process may run on; none where the system does not tell.
cpu_set_t affinity();

/// CPU time a second of real time that the cgroups (version 2 or 1) allow: the tightest limit, whether it is this
/// process's own group's or that of one above; infinity without a limit, nothing where the system does not tell. `root`
/// is the folder in which proc/ and sys/ lie. Source: Linux, admin-guide/cgroup-v2.rst and scheduler/sched-bwc.rst.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

/// As many processors as this process may run on, or as the quota, rounded, where that is less; at least 1.
int usable_processors(const std::filesystem::path& root = "/");

}  // namespace host
