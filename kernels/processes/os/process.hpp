// A child process that runs a function of this program: fork without exec, ended by _exit.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "processes/os/forks/process_mark.hpp"
#include "processes/os/function_ref.hpp"
#include "processes/os/process_handle.hpp"

namespace processes {

/// How a process ended.
struct ExitStatus {
  enum class Kind {
    exited,
    signalled,
    unknown,  ///< it has ended, but another wait in this program took its status, or SIGCHLD is ignored
  };

  Kind kind = Kind::exited;
  int value = 0;  ///< exit code or signal number

  [[nodiscard]] bool ok() const { return kind == Kind::exited && value == 0; }
  /// "exit code 3" or "signal 9 (Killed)".
  [[nodiscard]] std::string describe() const;
  bool operator==(const ExitStatus&) const = default;
};

/// Decodes the status of wait(2).
ExitStatus exit_status_of(int wait_status);

/// The counterpart of multiprocessing.Process. The child has a copy of the parent's memory as it was at start(), but no
/// other threads. A lock that another thread holds at that moment stays locked in the child forever. So in a program
/// with threads, a body may use code without locks, and the C library's allocator and streams, which fork resets. It
/// must not use libraries with threads or locks of their own.
///
/// Destroying a started process that was not joined kills and reaps it, so no child is left behind, unless this process
/// may not kill it (EPERM), and it does not end within five seconds. A copy of this object in a forked child owns
/// nothing: only the process that called start() waits for the child or signals it.
class Process {
 public:
  /// Returns the exit code. An exception from the body is printed on standard error, and the exit code is 1. The body
  /// begins without an exception that its parent handles.
  using Body = std::function<int()>;

  /// Whether the program's own wait(2) for any child finds this one.
  enum class Seen {
    by_wait,  ///< like any other child; its end raises SIGCHLD
    /// In a program with one thread, and with clone3 (Linux 5.3) and PR_GET_TID_ADDRESS, a loop that waits for all
    /// children ignores it. Handlers of pthread_atfork(3) do not run. Its body begins with all signals blocked.
    by_join_only
  };

  explicit Process(Body body, Seen seen = Seen::by_wait) : body_(std::move(body)), seen_(seen) {}
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  /// Forks. Flushes standard output and error first, so that no buffered text is printed twice; pthread_cancel(3) may
  /// end that. Throws std::logic_error if called twice, std::system_error if fork fails.
  void start();

  /// Waits for the child's end and reaps it; may be called again. pthread_cancel(3) may end the wait. Throws
  /// std::logic_error if not started in this process.
  ExitStatus join();

  /// The status, after join() has returned it.
  [[nodiscard]] std::optional<ExitStatus> exit_status() const { return status_; }

  /// Sends a signal to a live child; does nothing after its end. Throws std::system_error.
  void signal(int number);

  /// -1 before start().
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  [[nodiscard]] bool owns_running_child() const;
  void abandon() noexcept;

  Body body_;
  Seen seen_;
  pid_t pid_ = -1;
  ProcessMark owner_;  // made by start()
  ProcessHandle handle_;
  std::optional<ExitStatus> status_;
};

/// Ends this forked process with the exit code that the body returns. An exception from the body is printed on standard
/// error, and the exit code is 1. No destructor or exit handler of the parent runs.
[[noreturn]] void end_child(FunctionRef<int()> body) noexcept;

/// Flushes standard output and error. Before a fork: otherwise parent and child both print the buffered text. After a
/// task: its worker may be killed. Throws nothing, but pthread_cancel(3) may end the thread here.
void flush_output();

/// Makes the system kill this process when its parent ends. False if the parent is not `parent`, so has ended already.
/// Call it again after a change of user, which clears the setting (prctl(2), PR_SET_PDEATHSIG).
bool end_with_parent(pid_t parent) noexcept;

/// Moves this thread to another CPU if it may use several. The system may move it back at any time.
void leave_processor() noexcept;

/// Number of threads of this process; nothing if /proc cannot be read.
std::optional<std::size_t> thread_count();

/// "3 threads", for error messages.
std::string threads_here();

/// Whether the calling thread certainly is the only one of this process: a fork is safe then.
bool has_one_thread();

}  // namespace processes
