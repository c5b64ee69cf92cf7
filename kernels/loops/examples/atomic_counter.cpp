// Contended shared state: every task increments one atomic counter, as code that counts its calls does.
#include <atomic>
#include <cstdint>

#include "loops/registry.hpp"

namespace {

std::atomic<std::int64_t> calls = 0;  // no result depends on it

std::int64_t count(std::int64_t task) {
  constexpr int times = 1'000;
  std::int64_t sum = task;
  for (int time = 0; time < times; ++time) {
    calls.fetch_add(1, std::memory_order_relaxed);
    sum += time;
  }
  return sum;
}

const loops::Registration atomic_counter_registration({
    .name = "atomic_counter",
    .summary = "every task adds to an atomic counter of the process 1,000 times",
    .sizes = {32, 256, 2'048},
    .make = [](std::int64_t tasks) { return loops::Work{loops::map<count>({.tasks = tasks})}; },
});

}  // namespace
