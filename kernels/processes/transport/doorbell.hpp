// Wakes a process that sleeps: an eventfd(2), which several may ring and poll(2) can wait for with other things.
#pragma once

#include "processes/os/descriptor.hpp"

namespace processes {

class Doorbell {
 public:
  /// Throws std::system_error.
  Doorbell();
  explicit Doorbell(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  /// Wakes who waits, or the next who does. Any number of rings before a wait are one. Throws std::system_error: a task
  /// may have closed the descriptor.
  void ring() const;

  /// Sleeps until somebody rings.
  void wait() const;

  /// Forgets rings, without waiting for any; whether there were some.
  [[nodiscard]] bool take() const;

  [[nodiscard]] const Descriptor& descriptor() const { return descriptor_; }

 private:
  Descriptor descriptor_;
};

}  // namespace processes
