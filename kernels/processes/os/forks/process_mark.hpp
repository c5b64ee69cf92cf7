// Distinguishes a process from its forked copies without a system call.
#pragma once

#include <cstdint>

#include "processes/os/forks/generation.hpp"

namespace processes {

/// here() is true in the process that made it and false in every process forked from that.
class ProcessMark {
 public:
  [[nodiscard]] bool here() const noexcept { return generation_ == fork_generation(); }

 private:
  std::uint64_t generation_ = fork_generation();
};

}  // namespace processes
