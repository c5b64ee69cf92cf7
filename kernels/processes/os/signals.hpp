// Copies the signal dispositions of one process to another.
#pragma once

#include <cstdint>

namespace processes {

/// Sets of signals: bit s - 1 is signal s.
struct SignalActions {
  std::uint64_t ignored = 0;
  /// By a function, or blocked (for sigwait(3) or signalfd(2)). SIGCHLD also if SA_NOCLDWAIT is set.
  std::uint64_t handled = 0;

  bool operator==(const SignalActions&) const = default;
};

/// The dispositions of this process, and the signals that this thread blocks.
SignalActions signal_actions() noexcept;

/// For a worker, forked from a process that has called block_signals(), of a program that does so with signals. What
/// the program ignores is ignored. What it handles does not end the worker, unless the worker sends it to itself, and
/// interrupts no call that can be made again: the program's own functions are not called, since they would act on a
/// copy of it. All else has its default action, and so have the signals that the system sends for what a process itself
/// did (such as SIGSEGV), for its timers, limits and children. No signal is blocked. Programs that the worker starts by
/// exec(3) find the default actions, except of what is ignored.
void set_signal_actions(const SignalActions& program) noexcept;

/// For a process that only its socket controls: blocks all signals that can be blocked. All actions become the default.
/// Its own faults end it all the same. `actions` are its current ones.
void block_signals(const SignalActions& actions) noexcept;

}  // namespace processes
