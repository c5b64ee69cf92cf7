#include "processes/os/process_handle.hpp"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX, not C++
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

#include "host/files.hpp"
#include "processes/os/children.hpp"
#include "processes/os/not_cancelled.hpp"

namespace processes {

namespace {

/// Waits until the descriptor is readable, for at most so many milliseconds; -1: no limit.
bool readable(const Descriptor& descriptor, int milliseconds) noexcept {
  int count = poll_readable(descriptor, std::chrono::milliseconds(milliseconds));
  if (count >= 0 || errno != EINVAL || descriptor.get() >= FD_SETSIZE) return count > 0;
  // If a process may open no descriptor (ulimit -n 0), poll(2) fails even for open ones: use select(2).
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
  do {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(descriptor.get(), &set);
    const auto rest = std::chrono::ceil<std::chrono::microseconds>(end - Clock::now()).count();
    constexpr std::int64_t second = 1'000'000;
    timeval longest{.tv_sec = std::max<std::int64_t>(rest, 0) / second,
                    .tv_usec = std::max<std::int64_t>(rest, 0) % second};
    count = ::select(descriptor.get() + 1, &set, nullptr, nullptr, milliseconds < 0 ? nullptr : &longest);
  } while (count < 0 && errno == EINTR);
  return count > 0;
}

/// The error of a signal that was not sent. A security module (SELinux) denies one with EACCES.
int why_not_signalled() noexcept { return errno == EACCES ? EPERM : errno; }

/// The start of the process that has this pid now (proc_pid_stat(5), field 22). Nothing without /proc, or if that is of
/// another PID namespace, whose pids mean other processes.
std::optional<std::uint64_t> start_of(pid_t pid) noexcept {
  const NotCancelled not_cancelled;
  try {
    std::error_code error;
    if (std::filesystem::read_symlink("/proc/self", error).string() != std::to_string(::getpid())) return std::nullopt;
    const std::string text = host::read_text("/proc/" + std::to_string(pid) + "/stat");
    const std::size_t name_end = text.rfind(')');  // the name may contain spaces and parentheses
    if (name_end == std::string::npos) return std::nullopt;
    constexpr std::size_t field = 22 - 2;  // the name is the second
    return host::number(host::word(text.substr(name_end), field));
  } catch (const std::exception&) {  // no memory
    return std::nullopt;
  }
}

}  // namespace

// glibc declares pidfd_open and pidfd_send_signal only since 2.36, and without C linkage, so these are raw system
// calls.

ProcessHandle::ProcessHandle(pid_t pid)
    : pid_(pid), pidfd_(above_standard(Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))))) {
  if (pidfd_) return;
  if (errno == ESRCH) {
    pid_ = -1;
  } else {
    started_ = start_of(pid);
  }
}

ProcessHandle::ProcessHandle(pid_t pid, Descriptor pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {
  if (!pidfd_) started_ = start_of(pid);
}

ProcessHandle::ProcessHandle(ProcessHandle&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)), started_(other.started_) {}

ProcessHandle& ProcessHandle::operator=(ProcessHandle&& other) noexcept {
  pid_ = std::exchange(other.pid_, -1);
  pidfd_ = std::move(other.pidfd_);
  started_ = other.started_;
  return *this;
}

bool ProcessHandle::is_reused() const noexcept {
  if (!started_) return false;
  const auto now = start_of(pid_);
  return now && now != started_;
}

bool ProcessHandle::ended() const noexcept {
  const NotCancelled not_cancelled;
  if (pid_ <= 0) return true;
  if (pidfd_) return readable(pidfd_, 0);
  if (is_reused()) return true;
  siginfo_t child{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &child, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0)
    return child.si_pid == pid_;
  // Not a child of this process, or already reaped.
  if (::kill(pid_, 0) < 0 && errno == ESRCH) return true;
  try {
    const std::string status = "/proc/" + std::to_string(pid_) + "/status";
    const std::string state = host::read_field(status, "State");
    // A main thread that has ended is a zombie as well, while other threads go on.
    return (state.starts_with('Z') && host::read_field(status, "Threads") == "1") || state.starts_with('X');
  } catch (const std::exception&) {  // no memory: try again at the next check
    return false;
  }
}

bool ProcessHandle::wait(int milliseconds) const noexcept {
  const NotCancelled not_cancelled;
  if (pidfd_) return readable(pidfd_, milliseconds);
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
  while (!ended()) {
    if (milliseconds >= 0 && Clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

int ProcessHandle::signal_by_pidfd(int number) const noexcept {
  return ::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0) == 0 ? 0 : why_not_signalled();
}

int ProcessHandle::signal(int number) const noexcept {
  // Another error means that the pid is another process's here (pid_namespaces(7)), or that the signal is none.
  const int error = pidfd_ ? signal_by_pidfd(number) : ENOSYS;
  if (error != EPERM && error != ENOSYS) return error;
  // Denied, or there is no pidfd: signal by pid, which is valid while a pidfd shows that the process lives, or until
  // this process reaps its child.
  if (pidfd_ ? ended() : !is_child(pid_) || ended()) return ESRCH;
  return ::kill(pid_, number) == 0 ? 0 : why_not_signalled();
}

void ProcessHandle::kill_group() const noexcept {
  if (pid_ > 1 && pidfd_ && !ended()) ::kill(-pid_, SIGKILL);
}

void ProcessHandle::reap_if_child() const noexcept {
  const NotCancelled not_cancelled;
  siginfo_t found{};
  if (pidfd_) {
    ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &found, WEXITED | WNOHANG | __WALL);
  } else if (started_ && start_of(pid_) == started_) {
    ::waitid(P_PID, static_cast<id_t>(pid_), &found, WEXITED | WNOHANG | __WALL);
  }
}

void ProcessHandle::close() noexcept {
  pid_ = -1;
  pidfd_.close();
}

}  // namespace processes
