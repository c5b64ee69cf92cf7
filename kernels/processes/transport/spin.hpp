// Spinning before sleeping, while it pays.
#pragma once

#include <sched.h>

#include <algorithm>
#include <chrono>

namespace processes {

/// Hints to the CPU that this is a spin loop.
inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Spins before sleeping, while that pays. Sleeping costs a wake-up. Spinning for k times the cost of a wake-up makes a
/// wait cost k + 1 times as much at worst. Source: Karlin, Li, Manasse and Owicki, Empirical studies of competitive
/// spinning, SOSP 1991. The other process may need this CPU: after a moment each check yields it. A yield costs about
/// 1 µs if another process runs, and a fifth of that if none does.
///
/// Spinning does not pay after a wait that was longer than the spin, until a sleep is shorter than the spin would be. A
/// sleep also lasts as long as its wake-up, so one in 64 waits is spun all the same.
///
/// If a yield did not return within the spin time, another program computes on this CPU and may keep it for
/// milliseconds: the next 3 waits then do not spin. Each further time they are about four times as many, up to 255,
/// since a wait that is not spun costs a wake-up. They are a quarter again after 16 spins that paid.
class Spinner {
 public:
  using Clock = std::chrono::steady_clock;

  /// How long it spins by default before it yields the CPU.
  static constexpr std::chrono::nanoseconds short_time{300};

  explicit Spinner(std::chrono::nanoseconds longest) : longest_(longest) {}

  [[nodiscard]] std::chrono::nanoseconds longest() const { return longest_; }

  /// An interruption that never comes.
  struct Never {
    bool operator()() const { return false; }
  };

  /// Spins until the condition is true; returns whether it was. Does not yield for the first `alone`. `expected` is how
  /// long the wait should take, other processes on this CPU included; it extends the spin. Ends no later than `end`,
  /// and at an interruption, which does not say whether spinning pays.
  template <class Condition, class Interruption = Never>
  bool until(const Condition& condition, std::chrono::nanoseconds alone = short_time,
             std::chrono::nanoseconds expected = {}, Clock::time_point end = Clock::time_point::max(),
             const Interruption& interrupted = {}) {
    limit_ = longest_ + expected;
    if (longest_.count() <= 0) return false;
    constexpr int waits_a_try = 64;
    if (dozes_ && ++dozed_ % waits_a_try != 0) return false;
    if (skipped_ > 0) {
      --skipped_;
      return false;
    }
    const auto begin = Clock::now();
    Clock::duration away{};  // longest time that a yield took
    const auto stop = std::min(begin + limit_, end);
    for (auto now = begin; now < stop; now = Clock::now()) {
      if (now - begin >= alone) {
        ::sched_yield();
        away = std::max(away, Clock::now() - now);
      }
      constexpr int looks_a_clock_reading = 16;
      for (int look = 0; look < looks_a_clock_reading; ++look) {
        if (condition()) return found(away < limit_);
        if (interrupted()) return false;
        relax();
      }
    }
    if (condition()) return found(away < limit_);
    if (stop != end) dozes_ = true;
    return false;
  }

  /// Reports how long the caller slept after until() returned false.
  void slept(std::chrono::nanoseconds asleep) {
    if (asleep < limit_) dozes_ = false;
  }

 private:
  bool found(bool in_time) {
    dozes_ = false;
    constexpr int highest_level = 3;
    constexpr int spins_a_level = 16;
    if (!in_time) {
      skipped_ = (4 << 2 * level_) - 1;
      level_ = std::min(level_ + 1, highest_level);
      paid_ = 0;
    } else if (level_ > 0 && ++paid_ == spins_a_level) {
      --level_;
      paid_ = 0;
    }
    return true;
  }

  std::chrono::nanoseconds longest_;
  std::chrono::nanoseconds limit_ = longest_;  // of the last spin, or of what it would have been
  int level_ = 0;                              // of the waits to skip next time: 3, 15, 63, 255
  int paid_ = 0;                               // spins since the last one in vain, or since the level has fallen
  int skipped_ = 0;                            // waits to skip
  unsigned dozed_ = 0;                         // waits
  bool dozes_ = false;                         // the last wait that was spun was longer than the spin
};

}  // namespace processes
