#include "processes/os/process_handle.hpp"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX, not C++
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>

#include "host/files.hpp"

namespace processes {

// glibc declares pidfd_open and pidfd_send_signal only since 2.36, and without C linkage, so these are raw system
// calls.

ProcessHandle::ProcessHandle(pid_t pid)
    : pid_(pid), pidfd_(above_standard(Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))))) {
  if (!pidfd_ && errno == ESRCH) pid_ = -1;
}

ProcessHandle::ProcessHandle(ProcessHandle&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}

ProcessHandle& ProcessHandle::operator=(ProcessHandle&& other) noexcept {
  pid_ = std::exchange(other.pid_, -1);
  pidfd_ = std::move(other.pidfd_);
  return *this;
}

bool ProcessHandle::ended() const noexcept {
  if (pid_ <= 0) return true;
  if (pidfd_) {
    pollfd found = polled();
    return ::poll(&found, 1, 0) > 0;
  }
  siginfo_t child{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &child, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0)
    return child.si_pid == pid_;
  // Not a child of this process, or already reaped.
  if (::kill(pid_, 0) < 0 && errno == ESRCH) return true;
  try {
    const std::string state = host::read_field("/proc/" + std::to_string(pid_) + "/status", "State");
    return state.starts_with('Z') || state.starts_with('X');
  } catch (const std::exception&) {  // no memory: try again at the next check
    return false;
  }
}

bool ProcessHandle::wait(int milliseconds) const noexcept {
  if (pidfd_) {
    pollfd found = polled();
    int count = 0;
    while ((count = ::poll(&found, 1, milliseconds)) < 0 && errno == EINTR) {
    }
    return count > 0;
  }
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
  while (!ended()) {
    if (milliseconds >= 0 && Clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

int ProcessHandle::signal(int number) const noexcept {
  if (pidfd_ && ::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0) == 0) return 0;
  // Denied, or there is no pidfd: signal by pid, which is valid until the process is reaped.
  if (ended()) return ESRCH;
  return ::kill(pid_, number) == 0 ? 0 : errno;
}

void ProcessHandle::close() noexcept {
  pid_ = -1;
  pidfd_.close();
}

}  // namespace processes
