#include "faults/program/failing_allocations.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <random>

namespace faults::allocations {
namespace {

Failures failures;
std::atomic<pid_t> failing_process = -1;  // its children have a copy of these variables
std::atomic<long> position = 0;
std::atomic<long> failed = 0;

/// With a probability of 1 in 150.
bool is_chosen(long at) {
  constexpr std::uint32_t odds = 150;
  constexpr std::uint32_t most_positions = 100'000;
  std::minstd_rand generator(failures.seed * most_positions + static_cast<std::uint32_t>(at));
  generator.discard(2);  // the first numbers of neighbouring seeds are alike
  return generator() % odds == 0;
}

bool is_to_fail(long at) {
  if (failures.seed == 0) return at >= failures.first && at - failures.first < failures.in_a_row;
  for (long begin = at; begin > at - failures.in_a_row; --begin) {
    if (is_chosen(begin)) return true;
  }
  return false;
}

bool fails_in_a_child() {
  if (children == nullptr || children->of != getppid() || children->spared-- > 0) return false;
  ++children->failed;
  return true;
}

bool fails() {
  if (fails_in_a_child()) return true;
  if (failing_process < 0 || failing_process != getpid() || !is_to_fail(position++)) return false;
  ++failed;
  return true;
}

void* allocate(std::size_t size) {
  void* const memory = fails() ? nullptr : std::malloc(size);  // NOLINT(cppcoreguidelines-no-malloc)
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void let_fail(const Failures& which) {
  failures = which;
  position = 0;
  failed = 0;
  failing_process = getpid();
}

void let_all_succeed() { failing_process = -1; }

bool any_failed() { return failed > 0; }

}  // namespace faults::allocations

void* operator new(std::size_t size) { return faults::allocations::allocate(size); }
// NOLINTBEGIN(cppcoreguidelines-no-malloc)
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
// NOLINTEND(cppcoreguidelines-no-malloc)
