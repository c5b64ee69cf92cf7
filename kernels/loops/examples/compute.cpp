// Uniform compute: every task does the same arithmetic in registers and touches no memory.
#include <cstdint>

#include "loops/registry.hpp"

namespace {

/// A multiplicative hash, repeated: about 10 µs.
std::uint64_t hash(std::int64_t task) {
  constexpr int steps = 10'000;
  auto value = static_cast<std::uint64_t>(task);
  for (int step = 0; step < steps; ++step) value = (value ^ (value >> 29U)) * 0x9e3779b97f4a7c15U;
  return value;
}

const loops::Registration compute_registration({
    .name = "compute",
    .summary = "every task hashes a number 10,000 times over",
    .sizes = {32, 256, 2'048},
    .make = [](std::int64_t tasks) { return loops::Work{loops::map<hash>({.tasks = tasks})}; },
});

}  // namespace
