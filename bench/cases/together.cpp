#include "cases/together.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <ctime>
#include <thread>
#include <vector>

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t most_calls = 1'000'000;

double own_cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  constexpr double nanosecond = 1e-9;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * nanosecond;
}

/// Seconds of each call on the slowest rank.
std::vector<double> times_of(std::size_t calls, const std::function<void()>& once, std::chrono::microseconds pause) {
  std::vector<double> times(calls);
  for (double& time : times) {
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
    together()->wait();
    const auto begin = Clock::now();
    once();
    time = Seconds(Clock::now() - begin).count();
  }
  together()->largest(times);
  return times;
}

double sum_of(const std::vector<double>& times) {
  double all = 0;
  for (const double time : times) all += time;
  return all;
}

/// How many calls take min_time(). All ranks find the same number, since they have the same times.
std::size_t calibrated(const std::function<void()>& once) {
  constexpr double most_growth = 10;
  constexpr double margin = 1.4;  // as Google Benchmark has it: the estimate of a few calls is rough
  for (std::size_t calls = 1;;) {
    const double time = sum_of(times_of(calls, once, {}));
    if (time >= together()->min_time() || calls >= most_calls) return calls;
    const double growth = time > 0 ? margin * together()->min_time() / time : most_growth;
    const auto next = static_cast<std::size_t>(static_cast<double>(calls) * std::clamp(growth, 1.0, most_growth));
    calls = std::min(std::max(next, calls + 1), most_calls);
  }
}

}  // namespace

Together*& together() {
  static Together* all = nullptr;
  return all;
}

bool all_agree(bool own) {
  if (together() == nullptr) return own;
  std::array disagree{own ? 0.0 : 1.0};
  together()->largest(disagree);
  return disagree.front() == 0.0;
}

void time_together(benchmark::State& state, const std::function<void()>& once, std::chrono::microseconds pause) {
  const bool paused = pause.count() > 0;
  const std::size_t calls = paused ? static_cast<std::size_t>(state.max_iterations) : calibrated(once);
  double others = 0;
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(calls))) {
    const auto begin = Clock::now();
    const double before = own_cpu_seconds();
    const std::vector<double> times = times_of(calls, once, pause);
    const double own = own_cpu_seconds() - before;
    const double timed = sum_of(times);
    const double all = Seconds(Clock::now() - begin).count();
    // Ranks spin at the barriers too. Without pauses, a rank's share of the CPU is the same in the calls.
    std::array used{paused || all <= 0 ? own : own * std::min(timed / all, 1.0)};
    together()->sum(used);
    others = used.front() - own;  // Google Benchmark adds this rank's own
    state.SetIterationTime(timed);
  }
  state.counters["children_cpu_time"] = benchmark::Counter(std::max(others, 0.0), benchmark::Counter::kAvgIterations);
}

}  // namespace bench
