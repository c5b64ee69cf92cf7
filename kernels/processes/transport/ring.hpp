// A ring of frames in shared memory, from one process to one other: no lock, and no system call.
//
//            head ─▶ read by the reader up to here          tail ─▶ written by the writer up to here
//     ┌──────────┬───────────────────────────────────────────┬───────────────────────────┐
//     │  free    │ frame │ frame │ ...                        │ free                      │
//     └──────────┴───────────────────────────────────────────┴───────────────────────────┘
//
// Positions only grow; 64 bits do not overflow. A frame is contiguous: where it would cross the end of the ring, a
// frame to skip fills the rest. The writer publishes a frame by moving the tail and nothing else, so that one cut short
// by its writer's death does not exist. The reader trusts nothing that it reads: whatever is in the memory, it reads no
// byte outside of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "processes/transport/cache_line.hpp"

namespace processes {

struct RingPositions {
  alignas(cache_line) std::atomic<std::uint64_t> head = 0;  ///< the reader's
  alignas(cache_line) std::atomic<std::uint64_t> tail = 0;  ///< the writer's
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "a lock in shared memory could die with its holder");

struct Frame {
  enum class Kind : std::uint32_t {
    skip,
    request,
    result,
    exception,
    call_exception,  ///< of a task of the call on the board, which it names
    rejected  ///< the worker has no memory for a request: an exception of each of its tasks, none of which has started
  };

  Kind kind = Kind::skip;
  /// The bytes lie outside of the ring, which holds only their number.
  bool outside = false;
  std::string_view bytes;
};

namespace ring {

/// Frames begin at multiples of it.
inline constexpr std::size_t alignment = 16;

struct Header {
  Frame::Kind kind;
  std::uint32_t outside;
  std::uint64_t size;
};
static_assert(sizeof(Header) == alignment);

/// The most bytes that a frame of a ring of that capacity may hold: such that it fits in the end wherever the
/// positions are.
constexpr std::size_t most_bytes(std::size_t capacity) { return capacity / 2 - sizeof(Header); }

}  // namespace ring

class RingWriter {
 public:
  /// The memory's size is a power of two, at least 64; both outlive this.
  RingWriter(RingPositions& positions, std::span<char> memory);

  /// Where the bytes of the next frame may be written without waiting, possibly too few for it.
  [[nodiscard]] std::span<char> room();

  /// Makes room for a frame of that many bytes, at most ring::most_bytes; empty (with data() == nullptr) while the
  /// reader has not freed enough.
  [[nodiscard]] std::span<char> room_for(std::size_t size);

  /// Publishes the frame of which `size` bytes were written to the room.
  void publish(Frame::Kind kind, std::size_t size, bool outside = false);

  [[nodiscard]] std::uint64_t position() const { return tail_; }
  /// Whether the reader has freed everything that was published before that position.
  [[nodiscard]] bool read_up_to(std::uint64_t position) const;
  /// Whether more than half of the ring waits for the reader.
  [[nodiscard]] bool half_full() const;

 private:
  [[nodiscard]] std::size_t to_end() const { return memory_.size() - (tail_ & (memory_.size() - 1)); }
  [[nodiscard]] std::size_t free_bytes() const;

  RingPositions& positions_;
  std::span<char> memory_;
  std::uint64_t tail_ = 0;
};

class RingReader {
 public:
  enum class Found {
    frame,
    nothing,
    damage,    ///< the memory does not hold what a writer would have put there
    no_memory  ///< a frame whose bytes lie outside, where this process has no address space for them
  };

  /// As RingWriter.
  RingReader(RingPositions& positions, std::span<const char> memory);

  /// The next frame; its bytes stay until pop().
  [[nodiscard]] Found peek(Frame& frame);

  /// Frees the frame that peek() found.
  void pop();

  /// Says again how far this has read, in case that something has overwritten it: the writer may wait for room.
  void repeat() { positions_.head.store(head_, std::memory_order_release); }

  [[nodiscard]] bool empty() const { return positions_.tail.load(std::memory_order_acquire) == head_; }

 private:
  RingPositions& positions_;
  std::span<const char> memory_;
  std::uint64_t head_ = 0;
  std::uint64_t next_ = 0;  // the head after pop()
};

}  // namespace processes
