#include "processes/transport/ring.hpp"

#include <cassert>
#include <cstring>

namespace processes {

namespace {

constexpr std::size_t padded(std::size_t size) {
  return (sizeof(ring::Header) + size + ring::alignment - 1) & ~(ring::alignment - 1);
}

}  // namespace

RingWriter::RingWriter(RingPositions& positions, std::span<char> memory) : positions_(positions), memory_(memory) {}

std::size_t RingWriter::free_bytes() const {
  return memory_.size() - (tail_ - positions_.head.load(std::memory_order_acquire));
}

std::span<char> RingWriter::room() {
  const std::size_t contiguous = std::min(free_bytes(), to_end());
  if (contiguous < sizeof(ring::Header)) return {};
  const std::size_t offset = tail_ & (memory_.size() - 1);
  return memory_.subspan(offset + sizeof(ring::Header), contiguous - sizeof(ring::Header));
}

std::span<char> RingWriter::room_for(std::size_t size) {
  assert(size <= ring::most_bytes(memory_.size()));
  const std::size_t rest = to_end();
  const std::size_t skipped = padded(size) > rest ? rest : 0;
  if (free_bytes() < skipped + padded(size)) return {};
  // The reader may see the skip frame before the frame itself.
  if (skipped > 0) publish(Frame::Kind::skip, skipped - sizeof(ring::Header));
  return room();
}

void RingWriter::publish(Frame::Kind kind, std::size_t size, bool outside) {
  const ring::Header header{kind, outside ? 1U : 0U, size};
  std::memcpy(memory_.data() + (tail_ & (memory_.size() - 1)), &header, sizeof header);
  tail_ += padded(size);
  positions_.tail.store(tail_, std::memory_order_release);
}

bool RingWriter::read_up_to(std::uint64_t position) const {
  return positions_.head.load(std::memory_order_acquire) >= position;
}

bool RingWriter::half_full() const { return free_bytes() < memory_.size() / 2; }

RingReader::RingReader(RingPositions& positions, std::span<const char> memory)
    : positions_(positions), memory_(memory) {}

RingReader::Found RingReader::peek(Frame& frame) {
  while (true) {
    const std::uint64_t tail = positions_.tail.load(std::memory_order_acquire);
    const std::uint64_t waiting = tail - head_;
    if (waiting == 0) return Found::nothing;
    if (waiting > memory_.size() || tail % ring::alignment != 0) return Found::damage;
    const std::size_t offset = head_ & (memory_.size() - 1);
    ring::Header header{};
    std::memcpy(&header, memory_.data() + offset, sizeof header);  // copied once: the writer may still change it
    const std::size_t contiguous = std::min<std::uint64_t>(waiting, memory_.size() - offset);
    if (header.size > contiguous - sizeof header || padded(header.size) > contiguous) return Found::damage;
    next_ = head_ + padded(header.size);
    if (header.kind == Frame::Kind::skip) {
      // A skip frame must end at the end of the ring. A writer never publishes one at offset 0.
      if (offset == 0 || offset + padded(header.size) != memory_.size()) return Found::damage;
      pop();
      continue;
    }
    frame = {header.kind, header.outside != 0, {memory_.data() + offset + sizeof header, header.size}};
    return Found::frame;
  }
}

void RingReader::pop() {
  head_ = next_;
  positions_.head.store(head_, std::memory_order_release);
}

}  // namespace processes
