// Background load: another process that uses a CPU while a case is measured.
#pragma once

#include <sys/types.h>

#include <chrono>

#include "processes/process.hpp"

namespace bench {

/// A process that keeps one CPU busy from construction to destruction; the system chooses the CPU. The kernel kills it
/// when the program ends (prctl(2), PR_SET_PDEATHSIG). That applies to the thread that created it, so create it in the
/// main thread.
class BackgroundLoad {
 public:
  /// Throws std::system_error if no process can be created, std::runtime_error if it does not start to run.
  BackgroundLoad();

  [[nodiscard]] pid_t pid() const { return process_.pid(); }

  /// Throws std::runtime_error if the process has ended, or has used no CPU time since the last call or construction
  /// and uses none within a second. Then there was no background load.
  void require_running();

 private:
  processes::Process process_;
  std::chrono::nanoseconds used_{0};
};

}  // namespace bench
