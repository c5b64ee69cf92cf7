// A handle to a process, to wait for its end and to send it signals.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "processes/os/descriptor.hpp"

namespace processes {

/// Refers to one process and never to a later one with the same pid, by a pidfd (pidfd_open(2)).
///
/// If there is no pidfd (Linux before 5.3, a container's profile, no free descriptor), it uses the pid and polls for
/// the process's end. A pid is reused only after its process was reaped, so this is safe for a child that its parent
/// has not reaped. If the system reaps it (SIGCHLD is ignored), /proc shows by the time of its start whether the pid
/// still is its own.
class ProcessHandle {
 public:
  /// No process; counts as ended.
  ProcessHandle() = default;
  explicit ProcessHandle(pid_t pid);
  /// Uses an open pidfd, or only the pid if that is empty.
  ProcessHandle(pid_t pid, Descriptor pidfd);
  ProcessHandle(ProcessHandle&& other) noexcept;
  ProcessHandle& operator=(ProcessHandle&& other) noexcept;
  ~ProcessHandle() = default;

  explicit operator bool() const { return pid_ > 0; }
  /// Empty if there is no pidfd.
  [[nodiscard]] const Descriptor& descriptor() const { return pidfd_; }

  [[nodiscard]] bool ended() const noexcept;
  /// Whether the pid certainly means another process by now.
  [[nodiscard]] bool is_reused() const noexcept;
  /// Waits for the end; false on timeout. In milliseconds; -1: no timeout.
  [[nodiscard]] bool wait(int milliseconds) const noexcept;
  /// Sends a signal. 0, or errno: ESRCH if the process has ended. Of a process that this one, or one that it trusts to
  /// leave it unreaped, has forked.
  [[nodiscard]] int signal(int number) const noexcept;
  /// The same, or an error where there is no pidfd or its use is denied. Of any process: the number by which another
  /// one knows it may mean a third one here (pid_namespaces(7)).
  [[nodiscard]] int signal_by_pidfd(int number) const noexcept;

  /// Kills the process group that is named after the process, if a pidfd shows that the process lives: the number means
  /// no other group then. Of a process that has the same number here as in its own PID namespace or its parent's.
  void kill_group() const noexcept;

  /// Reaps the process if it has ended and is a child of this one, such as an orphan that a program adopts as process 1
  /// or as a subreaper (PR_SET_CHILD_SUBREAPER). Without a pidfd only if /proc shows that the pid still is its own.
  void reap_if_child() const noexcept;

  /// For callers that poll(2) several things: the entry to poll, the longest poll timeout in milliseconds, and whether
  /// the polled entry shows that the process has ended.
  [[nodiscard]] pollfd polled() const { return {pidfd_.get(), POLLIN, 0}; }
  [[nodiscard]] int poll_timeout() const { return pidfd_ ? -1 : milliseconds_between_looks; }
  [[nodiscard]] bool ended(const pollfd& found) const noexcept { return pidfd_ ? found.revents != 0 : ended(); }

  void close() noexcept;

 private:
  static constexpr int milliseconds_between_looks = 500;

  pid_t pid_ = -1;
  Descriptor pidfd_;
  std::optional<std::uint64_t> started_;  // if there is no pidfd: in clock ticks since the system's start
};

}  // namespace processes
