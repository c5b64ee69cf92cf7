// How many file descriptors this process may have open.
#pragma once

#include <sys/resource.h>

namespace host {

/// As many as it may raise its limit to itself, and returns how many that is. Processes that are forked later have the
/// same limit. Source: getrlimit(2), RLIMIT_NOFILE. Throws std::system_error.
rlim_t raise_descriptor_limit();

}  // namespace host
