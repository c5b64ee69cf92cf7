// A library that is not thread-safe: it has static state, so a lock admits one thread of a process at a time.
#include <array>
#include <cstdint>
#include <mutex>

#include "loops/registry.hpp"

namespace {

/// As in old libraries, the next call overwrites the result.
const std::uint64_t* hash_into_static_memory(std::uint64_t value) {
  static std::array<std::uint64_t, 64> state;
  constexpr int steps = 10'000;
  for (int step = 0; step < steps; ++step) {
    value = (value ^ (value >> 29U)) * 0x9e3779b97f4a7c15U;
    state.at(value % state.size()) = value;
  }
  state.front() = value;
  return state.data();
}

std::uint64_t ask(std::int64_t task) {
  static std::mutex library;
  const std::scoped_lock lock(library);
  return *hash_into_static_memory(static_cast<std::uint64_t>(task));
}

const loops::Registration locked_library_registration({
    .name = "locked_library",
    .summary = "every task calls a library under a lock, since it is not thread-safe",
    .sizes = {32, 256, 2'048},
    .make = [](std::int64_t tasks) { return loops::Work{loops::map<ask>({.tasks = tasks})}; },
});

}  // namespace
