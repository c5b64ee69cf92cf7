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

/// Spins before sleeping, while that pays. A sleep costs a wake-up, so to spin for a few times as long at worst
/// multiplies its cost by as much (Karlin, Li, Manasse and Owicki, Empirical studies of competitive spinning, SOSP
/// 1991). But where the other side waits for this processor, a spin only keeps it waiting: each one in vain doubles the
/// number of waits that go without, up to a thousand, and one that paid ends that.
class Spinner {
 public:
  explicit Spinner(std::chrono::nanoseconds longest) : longest_(longest) {}

  /// Whether the condition came true while it spun.
  template <class Condition>
  bool until(const Condition& condition) {
    if (longest_.count() <= 0) return false;
    if (skipped_ > 0) {
      --skipped_;
      return false;
    }
    const auto end = Clock::now() + longest_;
    do {
      constexpr int looks_a_clock_reading = 32;
      for (int look = 0; look < looks_a_clock_reading; ++look) {
        if (condition()) {
          in_vain_ = 0;
          return true;
        }
        relax();
      }
    } while (Clock::now() < end);
    constexpr int most_doublings = 10;
    in_vain_ = std::min(in_vain_ + 1, most_doublings);
    skipped_ = (1 << in_vain_) - 1;
    return false;
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::chrono::nanoseconds longest_;
  int in_vain_ = 0;  // in a row
  int skipped_ = 0;  // waits still to come
};

}  // namespace processes
