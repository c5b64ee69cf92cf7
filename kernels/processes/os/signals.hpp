// Copies the signal dispositions of one process to another.
#pragma once

#include <cstdint>

namespace processes {

/// Sets of signals: bit s - 1 is signal s.
struct SignalActions {
  std::uint64_t ignored = 0;
  std::uint64_t handled = 0;  ///< by a function, or blocked (for sigwait(3) or signalfd(2))

  bool operator==(const SignalActions&) const = default;
};

/// The dispositions of this process, and the signals that this thread blocks.
SignalActions signal_actions() noexcept;

/// For a worker that was forked from a process after block_signals(). Signals that the program ignores are ignored.
/// Those that it handles do not end the worker, unless the worker sends them to itself, and do not interrupt calls that
/// can be restarted. The program's handlers are not called, since they would act on a copy of the program. All others
/// have their default actions. So have signals for a process's own faults (such as SIGSEGV), timers and children. No
/// signal is blocked. Programs that exec(3) starts have the default actions, and ignore what the program ignores.
void set_signal_actions(const SignalActions& program) noexcept;

/// For a process that only its socket controls: blocks all signals that can be blocked, except those for a process's
/// own faults. All actions become the default. `actions` are its current ones.
void block_signals(const SignalActions& actions) noexcept;

}  // namespace processes
