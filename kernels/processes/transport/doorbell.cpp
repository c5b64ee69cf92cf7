#include "processes/transport/doorbell.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace processes {

Doorbell::Doorbell() : descriptor_(above_standard(Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)))) {
  if (!descriptor_) throw_system_error("eventfd");
}

void Doorbell::ring() const {
  constexpr std::uint64_t once = 1;
  while (::write(descriptor_.get(), &once, sizeof once) < 0) {
    if (errno == EAGAIN) return;  // no more rings can be counted
    if (errno != EINTR) throw_system_error("write (doorbell)");
  }
}

void Doorbell::wait() const {
  pollfd rung{descriptor_.get(), POLLIN, 0};
  while (!take()) {
    if (::poll(&rung, 1, -1) < 0 && errno != EINTR) throw_system_error("poll (doorbell)");
  }
}

bool Doorbell::take() const {
  std::uint64_t rings = 0;
  while (::read(descriptor_.get(), &rings, sizeof rings) < 0) {
    if (errno == EAGAIN) return false;
    if (errno != EINTR) throw_system_error("read (doorbell)");
  }
  return true;
}

}  // namespace processes
