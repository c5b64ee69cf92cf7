// A task that sleeps, so it waits for the clock only.
#include "families/io_bound/io_bound.hpp"

namespace bench::io_bound {

namespace timers {

namespace {

/// Returns 1 if the sleep was long enough.
std::int64_t sleep(std::int64_t /*task*/) {
  const Clock::time_point end = Clock::now() + wait;
  sleep_until(end);
  return Clock::now() >= end ? 1 : 0;
}

}  // namespace

}  // namespace timers

CaseSettings timer() {
  return case_of("timer", [] { return call_of(loops::map<timers::sleep>({.tasks = tasks}), {}, 1); });
}

}  // namespace bench::io_bound
