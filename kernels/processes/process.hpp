// A child process that runs a function of this program: fork without exec, ended by _exit.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "processes/descriptor.hpp"

namespace processes {

/// How a process ended.
struct ExitStatus {
  enum class Kind {
    exited,
    signalled,
    unknown,  ///< it has ended, but another wait in this program took its status, or SIGCHLD is ignored
  };

  Kind kind = Kind::exited;
  int value = 0;  ///< the exit code, or the signal's number

  [[nodiscard]] bool ok() const { return kind == Kind::exited && value == 0; }
  /// "exit code 3" or "signal 9 (Killed)".
  [[nodiscard]] std::string describe() const;
  bool operator==(const ExitStatus&) const = default;
};

/// The counterpart of multiprocessing.Process. A child has a copy of all that the parent had when start() was called;
/// of other threads, only what they had written to memory: fork while no other thread is in the middle of something.
///
/// Destroying a started process that was not joined kills and reaps it, so that no child is ever left behind. A copy of
/// this object in a forked child owns nothing: only the process that called start() waits for or signals the child.
class Process {
 public:
  /// The body returns the exit code. An exception that leaves it is printed on standard error, and the code is 1.
  using Body = std::function<int()>;

  explicit Process(Body body) : body_(std::move(body)) {}
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  /// Forks. Standard output and error are flushed before, so that no buffered line is printed twice.
  /// Throws std::logic_error when called twice, std::system_error when there is no process to be had.
  void start();

  /// Waits for the end and reaps the child; may be called again. Throws std::logic_error if not started here.
  ExitStatus join();

  /// The status, once join() has returned it.
  [[nodiscard]] std::optional<ExitStatus> exit_status() const { return status_; }

  /// Sends a signal to a child that lives; does nothing otherwise. Throws std::system_error.
  void signal(int number);

  /// -1 before start().
  [[nodiscard]] pid_t pid() const { return pid_; }

  /// A descriptor that polls as readable once the child has ended, whatever the child's own children hold open.
  [[nodiscard]] const Descriptor& ended() const { return ended_; }

 private:
  [[noreturn]] void run_child();
  [[nodiscard]] bool owns_running_child() const;
  void abandon() noexcept;

  Body body_;
  pid_t pid_ = -1;
  pid_t owner_ = -1;
  Descriptor ended_;
  std::optional<ExitStatus> status_;
};

}  // namespace processes
