// How many file descriptors this process may have open.
#pragma once

#include <sys/resource.h>

namespace host {

/// Raises their number to the hard limit, or leaves it as it was where the system refuses that; returns how many they
/// may be from now on. Processes that are forked later have the same limit. Source: getrlimit(2), RLIMIT_NOFILE. Throws
/// std::system_error if the limit cannot be read.
rlim_t raise_descriptor_limit();

}  // namespace host
