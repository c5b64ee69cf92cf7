#include "processes/pool/calls/callable.hpp"

#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace processes {

// Not inlined, so that every variable of a caller lies above its own.
[[gnu::noinline]] void reject_stack_addresses(const void* object, std::size_t size) {
  constexpr std::uintptr_t most_above = std::uintptr_t{8} << 20U;  // the usual limit of a stack
  const char here = 0;
  const auto below = reinterpret_cast<std::uintptr_t>(&here);
  for (std::size_t at = 0; at + sizeof(std::uintptr_t) <= size; at += alignof(std::uintptr_t)) {
    std::uintptr_t word = 0;
    std::memcpy(&word, static_cast<const char*>(object) + at, sizeof word);
    if (word <= below || word - below > most_above) continue;
    throw std::invalid_argument(
        "a task's function has captured a local variable by reference or by its address, which means nothing in a "
        "worker: capture it by value, or give it as an argument. (Or it holds bytes that were never written, and look "
        "like an address: initialise the whole of what it captures.)");
  }
}

}  // namespace processes
