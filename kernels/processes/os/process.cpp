#include "processes/os/process.hpp"

#include <cxxabi.h>
#include <fmt/format.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <stdio_ext.h>
#include <sys/prctl.h>
#include <sys/single_threaded.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "processes/os/not_cancelled.hpp"

namespace processes {

namespace {

/// For a child that this process may not kill, in milliseconds.
constexpr int patience_if_not_killed = 5'000;

/// Whether the stream's own buffer has unwritten text. A program may have removed it, to silence the stream.
bool holds_text(const std::ostream& stream) {
  struct Buffer : std::streambuf {  // gives access to protected members
    static bool holds_text(const std::streambuf& buffer) {
      return (buffer.*(&Buffer::pptr))() != (buffer.*(&Buffer::pbase))();
    }
  };
  return stream.rdbuf() != nullptr && Buffer::holds_text(*stream.rdbuf());
}

/// Waits for the child and reaps it. If another wait has taken its status, another child may have its pid: the pidfd
/// tells, or without one the handle.
ExitStatus wait_for(pid_t child, const ProcessHandle& handle) {
  constexpr ExitStatus unknown{ExitStatus::Kind::unknown, 0};
  if (!handle || handle.is_reused()) return unknown;
  if (handle.descriptor()) {
    siginfo_t found{};
    int error = 0;
    do {
      const auto pidfd = static_cast<id_t>(handle.descriptor().get());
      error = ::waitid(P_PIDFD, pidfd, &found, WEXITED | __WALL) < 0 ? errno : 0;
    } while (error == EINTR);
    if (error == ECHILD) return unknown;
    if (error == 0) {
      const bool exited = found.si_code == CLD_EXITED;
      return {exited ? ExitStatus::Kind::exited : ExitStatus::Kind::signalled, found.si_status};
    }  // else Linux has no P_PIDFD before 5.4
  }
  int status = 0;
  while (::waitpid(child, &status, __WALL) < 0) {
    if (errno != EINTR) return unknown;
  }
  return exit_status_of(status);
}

/// fork(2) without an exit signal; wait(2) finds such a child only with __WALL. Use it in single-threaded programs
/// only: it does not run pthread_atfork(3) handlers, which release other threads' locks.
pid_t fork_unseen() {
  // What the C library keeps of a thread and renews in a child of fork(2): its number, which names the owner of a mutex
  // too, and the list of the robust mutexes that it holds.
  int* number = nullptr;
  robust_list_head* held = nullptr;
  std::size_t size = 0;
  const bool known = ::prctl(PR_GET_TID_ADDRESS, &number) == 0 && number != nullptr && *number == ::gettid() &&
                     ::syscall(SYS_get_robust_list, 0, &held, &size) == 0 && held != nullptr;
  if (!known) return ::fork();
  clone_args arguments{};  // exit_signal is 0
  arguments.flags = CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
  arguments.child_tid = reinterpret_cast<std::uintptr_t>(number);
  const auto child = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  if (child == 0) {
    held->list.next = &held->list;  // those of the parent
    held->list_op_pending = nullptr;
    ::syscall(SYS_set_robust_list, held, size);
  }
  const bool can_not = child < 0 && (errno == ENOSYS || errno == EPERM || errno == EINVAL);
  return can_not ? ::fork() : child;
}

/// By one write, so that the lines of several processes are not mixed: a long message is shortened.
void say_ended(const char* how, const char* what = "") noexcept {
  std::array<char, 2048> line{};
  constexpr int longest_message = 1900;
  std::snprintf(line.data(), line.size(), "process %d ended by %s%.*s\n", ::getpid(), how, longest_message, what);
  std::fputs(line.data(), stderr);
}

/// The parent may be handling an exception, or unwinding because of one, and its child is not. Otherwise
/// std::uncaught_exceptions() would count it, and pthread_exit() would abort: a thread that handles an exception cannot
/// stop that unwinding. Source of the layout: Itanium C++ ABI, Exception Handling, 2.2.2.
void forget_exceptions() noexcept {
  struct Globals {
    void* caught;
    unsigned int uncaught;
  };
  *reinterpret_cast<Globals*>(abi::__cxa_get_globals()) = {};
}

[[noreturn]] void end_now(int code) noexcept {
  NotCancelled::disable();
  flush_output();
  // Not exit(): destructors and atexit handlers of the parent must run in the parent only.
  ::_exit(code);
}

}  // namespace

ExitStatus exit_status_of(int wait_status) {
  using enum ExitStatus::Kind;
  if (WIFSIGNALED(wait_status)) return {signalled, WTERMSIG(wait_status)};
  return {exited, WEXITSTATUS(wait_status)};
}

void flush_output() try {
  // Most tasks print nothing, and flushing takes longer than a short task. A C++ stream buffers text itself only after
  // std::ios::sync_with_stdio(false).
  if (holds_text(std::cout)) std::cout.flush();
  if (holds_text(std::clog)) std::clog.flush();
  if (::__fpending(stdout) > 0) std::fflush(stdout);
  if (::__fpending(stderr) > 0) std::fflush(stderr);
} catch (const abi::__forced_unwind&) {
  throw;  // cancelled: the C library aborts a program that stops it
} catch (...) {
  // A stream of which std::ios::exceptions() was set. Its state says that it has failed.
}

bool end_with_parent(pid_t parent) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  return ::getppid() == parent;
}

void leave_processor() noexcept {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) < 0) return;
  const int here = ::sched_getcpu();
  if (here < 0 || CPU_COUNT(&allowed) < 2) return;
  cpu_set_t others = allowed;
  CPU_CLR(static_cast<std::size_t>(here), &others);
  // The first call moves the thread at once.
  if (::sched_setaffinity(0, sizeof others, &others) == 0) ::sched_setaffinity(0, sizeof allowed, &allowed);
}

std::optional<std::size_t> thread_count() {
  // The link count is 2 plus the number of threads (Linux, proc_task_getattr() in fs/proc/base.c).
  std::error_code error;
  const auto links = std::filesystem::hard_link_count("/proc/self/task", error);
  if (error) return std::nullopt;
  return static_cast<std::size_t>(links) - 2;
}

std::string threads_here() {
  const auto threads = thread_count();
  return threads ? fmt::format("{} threads", *threads) : "an unknown number of threads, since /proc is not mounted";
}

bool has_one_thread() {
  // The C library knows it of a program that never had another thread. That works without /proc, and where /proc counts
  // a thread of the emulator (qemu-user). If threads have ended, /proc decides.
  return __libc_single_threaded != 0 || thread_count() == 1;
}

// An exception that left it would go on in the parent's code. So it takes no memory: there may be none.
void end_child(FunctionRef<int()> body) noexcept {
  int code = 1;
  forget_exceptions();
  try {
    code = body();
  } catch (const std::exception& error) {
    const char* const what = error.what();
    say_ended("an exception: ", what != nullptr ? what : "no message");
  } catch (const abi::__forced_unwind&) {
    say_ended("pthread_exit");
    end_now(code);  // here: the C library aborts a program that stops it
  } catch (...) {
    say_ended("an exception that is not a std::exception");
  }
  end_now(code);
}

std::string ExitStatus::describe() const {
  if (kind == Kind::exited) return fmt::format("exit code {}", value);
  if (kind == Kind::unknown) return "an unknown status (SIGCHLD is ignored, or another wait took it)";
  return fmt::format("signal {} ({})", value, ::strsignal(value));
}

Process::Process(Process&& other) noexcept
    : body_(std::move(other.body_)),
      seen_(other.seen_),
      pid_(std::exchange(other.pid_, -1)),
      owner_(other.owner_),
      handle_(std::move(other.handle_)),
      status_(std::exchange(other.status_, std::nullopt)) {}

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    abandon();
    body_ = std::move(other.body_);
    seen_ = other.seen_;
    pid_ = std::exchange(other.pid_, -1);
    owner_ = other.owner_;
    handle_ = std::move(other.handle_);
    status_ = std::exchange(other.status_, std::nullopt);
  }
  return *this;
}

Process::~Process() { abandon(); }

void Process::start() {
  if (pid_ >= 0) throw std::logic_error(fmt::format("process {} was started already: make another Process", pid_));
  flush_output();
  const NotCancelled not_cancelled;  // else a child could be left that this does not know
  pid_t child = -1;
  if (seen_ == Seen::by_wait || !has_one_thread()) {
    child = ::fork();  // resets the locks of the C library that other threads hold
  } else {
    // The body decides about signals: before that, a handler of the program must not run in its copy.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    child = fork_unseen();
    const int error = errno;
    if (child != 0) pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
  }
  if (child < 0) throw_system_error("fork");
  if (child == 0) end_child(body_);  // not cancelled either: the request was for a thread of the parent
  handle_ = ProcessHandle(child);
  // If SIGCHLD is ignored, or another wait in this program reaps every child, the child may be gone and its pid reused:
  // a handle would mean another process.
  siginfo_t found{};
  if (::waitid(P_PID, static_cast<id_t>(child), &found, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 && errno == ECHILD) {
    handle_.close();
  }
  pid_ = child;
  owner_ = ProcessMark();
}

ExitStatus Process::join() {
  if (status_) return *status_;
  if (!owns_running_child())
    throw std::logic_error("join() of a process that this process did not start: call start() first");
  status_ = wait_for(pid_, handle_);
  handle_.close();
  return *status_;
}

void Process::signal(int number) {
  if (!owns_running_child()) return;
  if (const int error = handle_.signal(number); error != 0 && error != ESRCH) throw system_error(error, "kill");
}

bool Process::owns_running_child() const { return pid_ >= 0 && owner_.here() && !status_; }

void Process::abandon() noexcept {
  if (!owns_running_child()) return;
  const NotCancelled not_cancelled;
  // One that may not be killed may be stopped, so that it never ends.
  if (handle_.signal(SIGKILL) == EPERM && !handle_.wait(patience_if_not_killed)) return;
  status_ = wait_for(pid_, handle_);
}

}  // namespace processes
