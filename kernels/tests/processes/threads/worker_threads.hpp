// Workers that are threads of the program in place of processes, so that ThreadSanitizer sees both ends of everything.
#pragma once

#include <atomic>

#include "processes/os/step.hpp"

namespace threads {

/// Where workers die by themselves, besides those that their pool has killed.
struct Deaths {
  std::atomic<int> step = -1;        ///< at which the next one dies; -1 is none
  std::atomic<int> times = 0;        ///< that workers still come to it, this one included
  std::atomic<unsigned> chance = 0;  ///< of one at any step, of 65,536
  std::atomic<int> died = 0;         ///< so far
};
inline Deaths deaths;

/// In a worker, ends it here, as the system ends a process: nothing of it is run any more, no destructor either.
[[noreturn]] void die();

/// In a worker that its pool has killed: dies. Every step (os/step.hpp) and every sleep is such a place.
void die_if_killed();

/// Kills all supervisors, and their workers with them.
void kill_supervisors();

}  // namespace threads
