// Waiting without sleeping, for as long as it may pay.
#pragma once

#include <sched.h>

#include <algorithm>
#include <chrono>

namespace processes {

/// Tells the processor that this is a loop that waits.
inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Spins before sleeping, while that pays. A sleep costs a wake-up, so to spin for a few times as long at worst
/// multiplies its cost by as much (Karlin, Li, Manasse and Owicki, Empirical studies of competitive spinning, SOSP
/// 1991). Who is waited for may need this processor: after a moment it is offered to others between two looks, which
/// costs about a microsecond where one takes it, and a fifth of that where none does.
///
/// It does not pay after a wait that was longer than the spin, until a sleep was shorter again. And where the processor
/// was not given back in that time, it went to a program that computes, which may keep it for milliseconds: then the
/// next waits go without, at first 63 of them, and each time twice as many, up to 255.
class Spinner {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Spinner(std::chrono::nanoseconds longest) : longest_(longest) {}

  [[nodiscard]] std::chrono::nanoseconds longest() const { return longest_; }

  /// Whether the condition came true while it spun. For the first `alone` the processor is not offered to others; what
  /// is waited for is expected to take so long, with others on this processor too.
  template <class Condition>
  bool until(const Condition& condition, std::chrono::nanoseconds alone = std::chrono::nanoseconds(300),
             std::chrono::nanoseconds expected = {}) {
    if (longest_.count() <= 0 || dozes_) return false;
    if (skipped_ > 0) {
      --skipped_;
      return false;
    }
    const auto begin = Clock::now();
    const auto limit = longest_ + expected;
    Clock::duration away{};  // the longest time without the processor, as far as it was offered
    for (auto now = begin; now - begin < limit; now = Clock::now()) {
      if (now - begin >= alone) {
        ::sched_yield();
        away = std::max(away, Clock::now() - now);
      }
      constexpr int looks_a_clock_reading = 16;
      for (int look = 0; look < looks_a_clock_reading; ++look) {
        if (condition()) return found(away < limit);
        relax();
      }
    }
    if (condition()) return found(away < limit);
    dozes_ = true;
    return false;
  }

  /// How long it was asleep in place of spinning.
  void slept(std::chrono::nanoseconds asleep) {
    if (asleep < longest_) dozes_ = false;
  }

 private:
  bool found(bool in_time) {
    constexpr int most_doublings = 2;
    if (in_time) {
      in_vain_ = 0;
    } else {
      skipped_ = (64 << in_vain_) - 1;
      in_vain_ = std::min(in_vain_ + 1, most_doublings);
    }
    return true;
  }

  std::chrono::nanoseconds longest_;
  int in_vain_ = 0;     // in a row
  int skipped_ = 0;     // waits still to come
  bool dozes_ = false;  // the last wait was longer than the spin
};

}  // namespace processes
