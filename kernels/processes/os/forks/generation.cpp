#include "processes/os/forks/generation.hpp"

#include <pthread.h>

#include <atomic>

namespace processes {

std::uint64_t fork_generation() {
  static std::atomic<std::uint64_t> forks = 0;
  [[maybe_unused]] static const int registered = ::pthread_atfork(nullptr, nullptr, [] { ++forks; });
  return forks;
}

}  // namespace processes
