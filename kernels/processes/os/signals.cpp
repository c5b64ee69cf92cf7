#include "processes/os/signals.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <csignal>

namespace processes {

namespace {

/// Raised by a thread's own faults: if they were blocked, they would kill the process without a report.
constexpr std::array faults{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

/// Sent to one process for its timers, limits or children.
constexpr std::array own{SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ, SIGCHLD};

template <std::size_t Size>
bool is_one_of(const std::array<int, Size>& signals, int signal) {
  return std::ranges::find(signals, signal) != signals.end();
}

std::uint64_t bit(int signal) { return std::uint64_t{1} << static_cast<unsigned>(signal - 1); }

constexpr std::uint64_t every_signal = ~std::uint64_t{0};

/// The C library reserves some real-time signals: sigaction(2) fails for them and changes nothing.
template <class Function>
void for_each_signal(std::uint64_t among, const Function& function) {
  for (; among != 0; among &= among - 1) function(std::countr_zero(among) + 1);
}

void set_action(int signal, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

/// Ignores signals of other processes. Those that a process sends itself, as raise(3) and abort(3) do, end it.
extern "C" void end_by_own(int signal, siginfo_t* info, void* /*context*/) {
  // The system says of a write to nobody what it says of kill(2): that this process has sent SIGPIPE.
  const bool may_be_sent = info->si_code == SI_TKILL || (info->si_code == SI_USER && signal != SIGPIPE);
  if (!may_be_sent || info->si_pid != ::getpid()) return;
  set_action(signal, SIG_DFL);
  ::raise(signal);
}

/// Unlike after SIG_IGN, a program that exec(3) starts has the default action.
void handle(int signal) {
  struct sigaction action{};
  action.sa_sigaction = end_by_own;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

SignalActions signal_actions() noexcept {
  SignalActions found;
  sigset_t blocked;
  sigemptyset(&blocked);
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  for_each_signal(every_signal, [&](int signal) {
    struct sigaction action{};
    if (::sigaction(signal, nullptr, &action) < 0) return;
    // The same word as sa_sigaction, and all that the system looks at, whatever SA_SIGINFO says.
    const auto handler = action.sa_handler;
    const bool keeps_no_children = signal == SIGCHLD && (action.sa_flags & SA_NOCLDWAIT) != 0;
    if (handler == SIG_IGN) {
      found.ignored |= bit(signal);
    } else if (handler != SIG_DFL || keeps_no_children || sigismember(&blocked, signal) == 1) {
      found.handled |= bit(signal);
    }
  });
  return found;
}

void set_signal_actions(const SignalActions& program) noexcept {
  // All other signals have their default actions.
  for_each_signal(program.ignored | program.handled, [&](int signal) {
    if ((program.ignored & bit(signal)) != 0) {
      // The children of a task are its own to wait for.
      if (signal != SIGCHLD) set_action(signal, SIG_IGN);
    } else if (!is_one_of(own, signal) && !is_one_of(faults, signal)) {
      handle(signal);
    }
  });
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

void block_signals(const SignalActions& actions) noexcept {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  for_each_signal(actions.ignored | actions.handled, [](int signal) { set_action(signal, SIG_DFL); });
}

}  // namespace processes
