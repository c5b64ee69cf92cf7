// Workers that are threads of the program instead of processes, so that ThreadSanitizer sees both ends.
#pragma once

#include <atomic>

#include "processes/os/step.hpp"

namespace threads {

/// Where workers die by themselves, in addition to those that their pool kills.
struct Deaths {
  std::atomic<int> step = -1;        ///< at which the next worker dies; -1: none
  std::atomic<int> times = 0;        ///< that workers reach it until then, this one included
  std::atomic<unsigned> chance = 0;  ///< of a death at each step, of 65,536
  std::atomic<int> died = 0;         ///< so far
};
inline Deaths deaths;

/// Ends a worker as the system ends a process: nothing of it runs any more, not even a destructor.
[[noreturn]] void die();

/// Dies in a worker that its pool has killed. Called at every step (os/step.hpp) and in every sleep.
void die_if_killed();

/// Kills all supervisors and their workers.
void kill_supervisors();

}  // namespace threads
