// Wakes the program: a page shared by the program, its supervisor and its workers.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "processes/os/memory/shared_memory.hpp"
#include "processes/transport/cache_line.hpp"

namespace processes {

/// A sender writes its message first and then rings. The program announces that it is about to sleep, checks once more,
/// and sleeps. So either the program sees the message, or the sender sees that the program sleeps.
///
/// A task may overwrite the page, so a ring can be lost: the program also checks periodically.
class Doorbell {
  struct Page {
    alignas(cache_line) std::atomic<std::uint32_t> sleeps = 0;
    alignas(cache_line) std::atomic<std::uint32_t> events = 0;
  };

 public:
  static constexpr std::size_t bytes = sizeof(Page);

  /// The page is at the beginning of the memory, which must be zeroed.
  explicit Doorbell(SharedMemory memory) : memory_(std::move(memory)) {}

  /// Whether the program sleeps. If false, the program will see all that this process wrote before.
  [[nodiscard]] bool needed() const {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return page().sleeps.load(std::memory_order_relaxed) != 0;
  }

  /// Wakes the program if it sleeps, once.
  void ring() const;

  /// For the program: any write from now on rings.
  void about_to_sleep() const {
    page().sleeps.store(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  /// Sleeps until a ring, for at most `longest`; call about_to_sleep() first. False without a ring.
  [[nodiscard]] bool sleep(std::chrono::nanoseconds longest) const noexcept;
  void awake() const { page().sleeps.store(0, std::memory_order_relaxed); }

  /// For the supervisor: counts an event that it has sent, modulo 2^32.
  void count_event() const;
  [[nodiscard]] std::uint32_t events() const { return page().events.load(std::memory_order_acquire); }

 private:
  [[nodiscard]] Page& page() const { return *reinterpret_cast<Page*>(memory_.data()); }

  SharedMemory memory_;
};

}  // namespace processes
