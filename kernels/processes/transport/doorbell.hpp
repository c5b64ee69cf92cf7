// Wakes the program: a page that a pool's program shares with its supervisor and its workers.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "processes/os/memory/shared_memory.hpp"
#include "processes/transport/cache_line.hpp"

namespace processes {

/// Whoever has something for the program writes it and then rings. The program says that it is about to sleep, looks
/// once more, and sleeps: either it sees what was written, or who wrote sees that it sleeps.
///
/// A task may write anything into the page, so nothing rests on a ring alone: who sleeps looks again after a while.
class Doorbell {
  struct Page {
    alignas(cache_line) std::atomic<std::uint32_t> sleeps = 0;
    alignas(cache_line) std::atomic<std::uint32_t> events = 0;
  };

 public:
  static constexpr std::size_t bytes = sizeof(Page);

  /// At the beginning of memory that is zeroed at first.
  explicit Doorbell(SharedMemory memory) : memory_(std::move(memory)) {}

  /// Whether the program sleeps, as far as can be seen without being late: what was written before is seen by it, or
  /// this is true.
  [[nodiscard]] bool needed() const {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return page().sleeps.load(std::memory_order_relaxed) != 0;
  }

  /// Wakes the program if it sleeps, once.
  void ring() const;

  /// The program: whatever is written from now on rings.
  void about_to_sleep() const {
    page().sleeps.store(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  /// Sleeps until somebody rings, for at most so long; after about_to_sleep(). False if nobody has.
  [[nodiscard]] bool sleep(std::chrono::nanoseconds longest) const noexcept;
  void awake() const { page().sleeps.store(0, std::memory_order_relaxed); }

  /// The supervisor: it has sent an event. How many it has, modulo 2^32.
  void count_event() const { page().events.fetch_add(1, std::memory_order_release); }
  [[nodiscard]] std::uint32_t events() const { return page().events.load(std::memory_order_acquire); }

 private:
  [[nodiscard]] Page& page() const { return *reinterpret_cast<Page*>(memory_.data()); }

  SharedMemory memory_;
};

}  // namespace processes
