#include "processes/pool/calls/callable.hpp"

#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace processes {

// Not inlined, so that the caller's variables have higher addresses than this function's.
[[gnu::noinline]] void reject_stack_addresses(const void* object, std::size_t size) {
  constexpr std::uintptr_t most_above = std::uintptr_t{8} << 20U;  // the usual limit of a stack
  const char here = 0;
  const auto below = reinterpret_cast<std::uintptr_t>(&here);
  for (std::size_t at = 0; at + sizeof(std::uintptr_t) <= size; at += alignof(std::uintptr_t)) {
    std::uintptr_t word = 0;
    std::memcpy(&word, static_cast<const char*>(object) + at, sizeof word);
    if (word <= below || word - below > most_above) continue;
    throw std::invalid_argument(
        "a task's function captures a local variable by reference or by its address, which is invalid in a "
        "worker: capture it by value, or pass it as an argument. (Or the captures contain uninitialised bytes that "
        "look like an address: initialise all that it captures.)");
  }
}

}  // namespace processes
