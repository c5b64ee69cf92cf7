#include "processes/doorbell.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace processes {

Doorbell::Doorbell() : descriptor_(::eventfd(0, EFD_CLOEXEC)) {
  if (!descriptor_) throw_system_error("eventfd");
}

void Doorbell::ring() const {
  constexpr std::uint64_t once = 1;
  while (::write(descriptor_.get(), &once, sizeof once) < 0) {
    if (errno != EINTR) throw_system_error("write (doorbell)");
  }
}

void Doorbell::wait() const {
  std::uint64_t rings = 0;
  while (::read(descriptor_.get(), &rings, sizeof rings) < 0) {
    if (errno != EINTR) throw_system_error("read (doorbell)");
  }
}

}  // namespace processes
