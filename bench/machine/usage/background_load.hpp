// Something else that the machine has to do while a case is measured.
#pragma once

#include <sys/types.h>

#include <chrono>

#include "processes/process.hpp"

namespace bench {

/// A process that keeps one processor busy, wherever the system runs it, from the constructor's return until it is
/// destroyed. It ends with the program too, however that ends: the kernel kills it (prctl(2), PR_SET_PDEATHSIG), which
/// goes by the thread that made it, so that is the main one.
class BackgroundLoad {
 public:
  /// Throws std::system_error when there is no process to be had, std::runtime_error if it does not begin to run.
  BackgroundLoad();

  [[nodiscard]] pid_t pid() const { return process_.pid(); }

  /// Throws std::runtime_error if it has ended, or has used no CPU time since the last time this was asked or it was
  /// made, and uses none within a second: what was measured meanwhile had no background load.
  void require_running();

 private:
  processes::Process process_;
  std::chrono::nanoseconds used_{0};
};

}  // namespace bench
