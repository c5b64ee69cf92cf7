// A task that sleeps: what it waits for is the clock alone.
#include "families/io_bound/io_bound.hpp"

namespace bench::io_bound {

namespace timers {

namespace {

/// Gives 1 if it has been as long as it should.
parzen::Count sleep(const parzen::Problem& /*problem*/, std::int64_t /*task*/) {
  const Clock::time_point end = Clock::now() + wait;
  sleep_until(end);
  return Clock::now() >= end ? 1 : 0;
}

const parzen::Kernel kernel{"timer", "sleeps for a millisecond", do_tasks<sleep>};

}  // namespace

}  // namespace timers

CaseSettings timer() {
  return operation(timers::kernel, [] { return ask_all({0.0}, 1); });
}

}  // namespace bench::io_bound
