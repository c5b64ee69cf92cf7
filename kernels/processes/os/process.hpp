// A child process that runs a function of this program: fork without exec, ended by _exit.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

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
  int value = 0;  ///< the exit code, or the signal's number

  [[nodiscard]] bool ok() const { return kind == Kind::exited && value == 0; }
  /// "exit code 3" or "signal 9 (Killed)".
  [[nodiscard]] std::string describe() const;
  bool operator==(const ExitStatus&) const = default;
};

/// What wait(2) says.
ExitStatus exit_status_of(int wait_status);

/// The counterpart of multiprocessing.Process. A child has a copy of all that the parent had when start() was called;
/// of other threads, only what they had written to memory. A lock that another thread holds at that moment stays locked
/// in the child for ever: in a program with threads, a body may use what does not lock, and the C library's allocator
/// and streams, which fork puts in order, but no library with threads or locks of its own.
///
/// Destroying a started process that was not joined kills and reaps it, so that no child is ever left behind. A copy of
/// this object in a forked child owns nothing: only the process that called start() waits for or signals the child.
class Process {
 public:
  /// The body returns the exit code. An exception that leaves it is printed on standard error, and the code is 1.
  using Body = std::function<int()>;

  /// Whether the program's own wait(2) for any child may find this one.
  enum class Seen {
    by_wait,      ///< as any other child, and its end raises SIGCHLD
    by_join_only  ///< where the system can (Linux 5.3, clone3): a loop that waits for all children does not wait for it
  };

  explicit Process(Body body, Seen seen = Seen::by_wait) : body_(std::move(body)), seen_(seen) {}
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

 private:
  [[nodiscard]] bool owns_running_child() const;
  void abandon() noexcept;

  Body body_;
  Seen seen_;
  pid_t pid_ = -1;
  pid_t owner_ = -1;
  std::uint64_t generation_ = 0;  // of the owner: see process.cpp
  ProcessHandle handle_;
  std::optional<ExitStatus> status_;
};

/// Ends this process, a forked one, with what the body returns: an exception that leaves the body is printed on
/// standard error, and the code is 1. Nothing of the parent's is run again: no destructor, no exit handler.
[[noreturn]] void end_child(const Process::Body& body);

/// Writes what is in the buffers of standard output and error: before a fork, since parent and child would both print
/// it, and after a task, since its worker may be killed.
void flush_output();

/// Has the system kill this process when the parent ends, which the caller believes to be that one; false if it has
/// ended already. To be called again after a change of user, which ends that (prctl(2), PR_SET_PDEATHSIG).
bool end_with_parent(pid_t parent) noexcept;

/// Goes on on another processor, if this thread may use several. The system may move it back at any time.
void leave_processor() noexcept;

/// Threads of this process; nothing where /proc does not tell.
std::optional<std::size_t> thread_count();

/// "3 threads", as an error says it.
std::string threads_here();

/// Whether this process has no thread but the calling one, as far as that is certain: a fork is safe then.
bool has_one_thread();

}  // namespace processes
