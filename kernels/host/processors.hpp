// How many CPUs this process may use.
#pragma once

#include <sched.h>

#include <filesystem>
#include <optional>

namespace host {

/// The CPUs that this process may run on; empty if the system does not say.
cpu_set_t affinity();

/// CPU seconds per second that the cgroups (version 2 or 1) allow: the lowest limit of this process's group and its
/// ancestors. Infinity without a limit; nothing if it cannot be read. `root` is the folder that contains proc/ and
/// sys/. Source: Linux, admin-guide/cgroup-v2.rst and scheduler/sched-bwc.rst.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

/// The number of CPUs that this process may run on, or the rounded quota if that is lower; at least 1.
int usable_processors(const std::filesystem::path& root = "/");

}  // namespace host
