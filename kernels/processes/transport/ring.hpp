// A ring of frames in shared memory, from one process to one other: no lock, no system call.
//
//            head ─▶ read by the reader up to here          tail ─▶ written by the writer up to here
//     ┌──────────┬───────────────────────────────────────────┬───────────────────────────┐
//     │  free    │ frame │ frame │ ...                        │ free                      │
//     └──────────┴───────────────────────────────────────────┴───────────────────────────┘
//
// Positions only grow; 64 bits do not overflow. A frame is contiguous: if it would cross the end of the ring, a skip
// frame fills the rest. The writer publishes a frame by storing the tail only, so a frame that a dying writer has not
// finished does not exist. The reader trusts nothing that it reads: whatever the memory contains, it reads no byte
// outside.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "processes/transport/cache_line.hpp"

namespace processes {

struct RingPositions {
  alignas(cache_line) std::atomic<std::uint64_t> head = 0;  ///< written by the reader
  alignas(cache_line) std::atomic<std::uint64_t> tail = 0;  ///< written by the writer
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
              "a lock in shared memory would stay locked if its owner died");

struct Frame {
  enum class Kind : std::uint32_t {
    skip,
    request,
    result,
    exception,
    call_exception,  ///< of a task of the call on the board; the frame names the task
    rejected         ///< the worker has no memory for a request: an exception for each of its tasks; none has started
  };

  Kind kind = Kind::skip;
  /// The message is outside the ring, in the large area; the frame has only its size.
  bool outside = false;
  std::string_view bytes;
};

namespace ring {

/// Alignment of frames, in bytes.
inline constexpr std::size_t alignment = 16;

struct Header {
  Frame::Kind kind;
  std::uint32_t outside;
  std::uint64_t size;
};
static_assert(sizeof(Header) == alignment);

/// The largest frame for a ring of that capacity: it fits eventually, whatever the positions are.
constexpr std::size_t most_bytes(std::size_t capacity) { return capacity / 2 - sizeof(Header); }

}  // namespace ring

class RingWriter {
 public:
  /// The memory's size is a power of two, at least 64. Both arguments must outlive the writer.
  RingWriter(RingPositions& positions, std::span<char> memory);

  /// The room for the next frame that is available without waiting; it may be too small.
  [[nodiscard]] std::span<char> room();

  /// Room for a frame of that many bytes, at most ring::most_bytes; empty (data() == nullptr) until the reader has
  /// freed enough.
  [[nodiscard]] std::span<char> room_for(std::size_t size);

  /// Publishes the frame whose `size` bytes were written to the room.
  void publish(Frame::Kind kind, std::size_t size, bool outside = false);

  [[nodiscard]] std::uint64_t position() const { return tail_; }
  /// Whether the reader has freed everything before that position.
  [[nodiscard]] bool read_up_to(std::uint64_t position) const;
  /// Whether more than half of the ring is unread.
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
    damage,    ///< not what a writer would have published
    no_memory  ///< the bytes are outside the ring, and this process has no address space for them
  };

  /// As RingWriter.
  RingReader(RingPositions& positions, std::span<const char> memory);

  /// The next frame; its bytes are valid until pop().
  [[nodiscard]] Found peek(Frame& frame);

  /// Frees the frame that peek() found.
  void pop();

  /// Stores the read position again in case it was overwritten: the writer may wait for room.
  void repeat() { positions_.head.store(head_, std::memory_order_release); }

  [[nodiscard]] bool empty() const { return positions_.tail.load(std::memory_order_acquire) == head_; }

 private:
  RingPositions& positions_;
  std::span<const char> memory_;
  std::uint64_t head_ = 0;
  std::uint64_t next_ = 0;  // the head after pop()
};

}  // namespace processes
