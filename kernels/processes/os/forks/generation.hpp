// Counts forks.
#pragma once

#include <cstdint>

namespace processes {

/// The number of calls of fork(2) between this process and the one that called this first. A pid does not identify a
/// process: in another PID namespace a child may have the pid of its parent.
std::uint64_t fork_generation();

}  // namespace processes
