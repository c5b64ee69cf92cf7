// Signals that interrupt every blocking call.
#pragma once

#include <sys/time.h>

#include <atomic>
#include <csignal>

/// A timer that fires every 200 µs, without SA_RESTART, so that it interrupts every blocking call.
class SignalStorm {
 public:
  SignalStorm() {
    struct sigaction action{};
    action.sa_handler = [](int) { ++fired; };
    sigaction(SIGALRM, &action, &before_);
    const itimerval often{{0, 200}, {0, 200}};
    setitimer(ITIMER_REAL, &often, nullptr);
  }
  SignalStorm(const SignalStorm&) = delete;
  SignalStorm& operator=(const SignalStorm&) = delete;
  ~SignalStorm() {
    const itimerval never{};
    setitimer(ITIMER_REAL, &never, nullptr);
    sigaction(SIGALRM, &before_, nullptr);
  }

  /// How often it has fired in this process.
  static inline std::atomic<long> fired = 0;

 private:
  struct sigaction before_{};
};
