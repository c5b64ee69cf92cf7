// Waiting without sleeping, for as long as it may pay.
#pragma once

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

/// How long to spin before sleeping. A sleep costs a wake-up, so to spin for a few times as long at worst multiplies
/// its cost by as much (Karlin, Li, Manasse and Owicki, Empirical studies of competitive spinning, SOSP 1991). Waits
/// that turn out longer than any spin halve the next one, down to 1 us, since then either there is nothing to wait for
/// soon or no processor is free; a wait that a spin would have bridged brings it back to its full length.
class SpinBudget {
 public:
  explicit SpinBudget(std::chrono::nanoseconds longest) : longest_(longest), next_(longest) {}

  /// Whether the condition came true within the budget. If not, say woke() after the sleep.
  template <class Condition>
  bool until(const Condition& condition) {
    if (longest_.count() <= 0) return false;
    begun_ = Clock::now();
    const auto end = begun_ + next_;
    do {
      constexpr int looks_a_clock_reading = 32;
      for (int look = 0; look < looks_a_clock_reading; ++look) {
        if (condition()) return true;
        relax();
      }
    } while (Clock::now() < end);
    return false;
  }

  void woke() {
    if (longest_.count() <= 0) return;
    const bool too_short = Clock::now() - begun_ < 2 * longest_;
    next_ = too_short ? longest_ : std::max<std::chrono::nanoseconds>(std::chrono::microseconds(1), next_ / 2);
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::chrono::nanoseconds longest_;
  std::chrono::nanoseconds next_;
  Clock::time_point begun_;
};

}  // namespace processes
