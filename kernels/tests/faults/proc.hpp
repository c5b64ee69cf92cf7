// The state of processes, as the kernel reports it.
#pragma once

#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX, not C++
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "resources.hpp"

namespace faults {

/// Polls; the test's watchdog limits the time.
template <class Condition>
void wait_until(const Condition& condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::microseconds(200));
}

/// Signals one other process. Rejects pids that mean several (kill(2)), such as the -1 of a failed call.
inline void strike(pid_t process, int signal) {
  if (process <= 1 || process == getpid())
    throw std::logic_error("there is no process " + std::to_string(process) + " to signal");
  kill(process, signal);
}

struct ProcessState {
  char letter = 'X';  ///< see proc(5): R running, S sleeping, T stopped, Z zombie; X: no such process
  pid_t parent = 0;
};

inline ProcessState state_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string stat;
  std::getline(file, stat);
  const std::size_t name_end = stat.rfind(')');  // a name may contain any character
  ProcessState state;
  if (name_end != std::string::npos) std::istringstream(stat.substr(name_end + 1)) >> state.letter >> state.parent;
  return state;
}

inline bool runs(pid_t pid) {
  const char letter = state_of(pid).letter;
  return letter != 'X' && letter != 'Z';
}

/// The only running child of this process: the supervisor of its only pool. 0 if there is not exactly one.
inline pid_t only_child() {
  auto children = resources::children();
  std::erase_if(children, [](pid_t child) { return !runs(child); });
  return children.size() == 1 ? children.front() : 0;
}

/// Reaps all children of this process; true if they ended within a bounded time. Kills the others.
inline bool reaped_all() {
  constexpr std::chrono::seconds patience(20);
  const auto limit = std::chrono::steady_clock::now() + patience;
  bool in_time = true;
  while (true) {
    const pid_t ended = waitpid(-1, nullptr, WNOHANG);
    if (ended < 0 && errno == ECHILD) return in_time;
    if (ended != 0) continue;
    if (std::chrono::steady_clock::now() > limit) {
      in_time = false;
      for (const pid_t child : resources::children()) strike(child, SIGKILL);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace faults
