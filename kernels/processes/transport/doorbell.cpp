#include "processes/transport/doorbell.hpp"

#include "processes/os/memory/futex.hpp"

namespace processes {

void Doorbell::count_event() const { page().events.fetch_add(1, std::memory_order_release); }

void Doorbell::ring() const {
  if (page().sleeps.exchange(0) != 0) wake_all(page().sleeps);
}

bool Doorbell::sleep(std::chrono::nanoseconds longest) const noexcept {
  return sleep_on(page().sleeps, std::uint32_t{1}, longest);
}

}  // namespace processes
