// Allocation: every task builds small vectors and a map, and frees them.
#include <cstdint>
#include <map>
#include <vector>

#include "loops/registry.hpp"

namespace {

/// Sorts numbers into vectors by a key: about 10 µs, mostly in the allocator.
std::int64_t build_and_drop(std::int64_t task) {
  constexpr std::int64_t numbers = 128;
  constexpr std::int64_t keys = 16;
  std::map<std::int64_t, std::vector<std::int64_t>> by_key;
  for (std::int64_t number = 0; number < numbers; ++number) by_key[(task + number * number) % keys].push_back(number);
  std::int64_t sum = 0;
  for (const auto& [key, values] : by_key) sum += key * values.back();
  return sum;
}

const loops::Registration allocation_registration({
    .name = "allocation",
    .summary = "every task builds a map of small vectors and drops it",
    .sizes = {32, 512, 4'096},
    .make = [](std::int64_t tasks) { return loops::Work{loops::map<build_and_drop>({.tasks = tasks})}; },
});

}  // namespace
