// A process whose end somebody waits for, or that somebody sends signals.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <utility>

#include "processes/os/descriptor.hpp"

namespace processes {

/// Means one process, and no later one of its number: by a pidfd (pidfd_open(2)).
///
/// Where none can be had (Linux before 5.3, a container's profile, no free descriptor), it is the number that means the
/// process, and its end is looked for every so often. A number is given anew only after its process was reaped, so that
/// a child that its parent has not reaped is safe from being taken for another.
class ProcessHandle {
 public:
  /// Of none, which has ended.
  ProcessHandle() = default;
  explicit ProcessHandle(pid_t pid);
  /// With a pidfd that somebody else has opened; without one if it is empty.
  ProcessHandle(pid_t pid, Descriptor pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  ProcessHandle(ProcessHandle&& other) noexcept;
  ProcessHandle& operator=(ProcessHandle&& other) noexcept;
  ~ProcessHandle() = default;

  explicit operator bool() const { return pid_ > 0; }
  /// Empty where there is no pidfd.
  [[nodiscard]] const Descriptor& descriptor() const { return pidfd_; }

  [[nodiscard]] bool ended() const noexcept;
  /// Waits for the end; false if it has not come in time. Milliseconds, or -1 for ever.
  [[nodiscard]] bool wait(int milliseconds) const noexcept;
  /// Sends a signal. 0, or errno: ESRCH if the process has ended. Of a process that this one, or one that it trusts to
  /// leave it unreaped, has forked.
  [[nodiscard]] int signal(int number) const noexcept;
  /// The same, or an error where there is no pidfd or its use is denied. Of any process: the number by which another
  /// one knows it may mean a third one here (pid_namespaces(7)).
  [[nodiscard]] int signal_by_pidfd(int number) const noexcept;

  /// For those who wait for several things by poll(2): what it is to look at, for how long at most in milliseconds, and
  /// whether the process has ended by what it has found.
  [[nodiscard]] pollfd polled() const { return {pidfd_.get(), POLLIN, 0}; }
  [[nodiscard]] int poll_timeout() const { return pidfd_ ? -1 : milliseconds_between_looks; }
  [[nodiscard]] bool ended(const pollfd& found) const noexcept { return pidfd_ ? found.revents != 0 : ended(); }

  void close() noexcept;

 private:
  static constexpr int milliseconds_between_looks = 500;

  pid_t pid_ = -1;
  Descriptor pidfd_;
};

}  // namespace processes
