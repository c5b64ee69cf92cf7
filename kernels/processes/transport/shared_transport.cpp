#include "processes/transport/shared_transport.hpp"

#include <cstring>
#include <stdexcept>

#include "processes/os/step.hpp"

namespace processes {

namespace {

constexpr std::size_t paged(std::size_t size, std::size_t page) { return (size + page - 1) / page * page; }

std::span<char> part(const SharedMemory& memory, std::size_t offset, std::size_t size) {
  return {reinterpret_cast<char*>(memory.data()) + offset, size};
}

WorkerControl& control_of(const SharedMemory& memory) { return *reinterpret_cast<WorkerControl*>(memory.data()); }

}  // namespace

SharedLayout::SharedLayout(const TransportOptions& options)
    : ring(options.ring_bytes),
      limit(options.message_limit),
      requests(paged(sizeof(WorkerControl), options.page)),
      responses(requests + paged(ring, options.page)),
      large_requests(responses + paged(ring, options.page)),
      // A program's own large blocks lie right above the mapping, and without a gap behind each large area they lie the
      // same number of gigabytes above it: a copy between two such addresses takes half as long again on AMD Zen, whose
      // L1 cache tells lines apart by a hash of the address (Lipp et al., Take A Way, AsiaCCS 2020).
      large_responses(large_requests + paged(limit, options.page) + options.page) {}

Sent SharedWriter::write(Frame::Kind kind, const Encode& encode) {
  std::span<char> room = ring_.room();
  Encoder encoder(room);
  encode(encoder);
  if (encoder.size() > large_.size()) return {Sent::Kind::too_large, encoder.size()};
  if (encoder.size() > most_in_ring_) return write_large(kind, encode, encoder.size());
  // A message of no bytes fits even where its header does not.
  if (!encoder.fits() || room.data() == nullptr) {
    room = ring_.room_for(encoder.size());
    if (room.data() == nullptr) return {Sent::Kind::not_yet};
    encoder = Encoder(room);
    encode(encoder);
  }
  reach(Step::message_encoded);
  ring_.publish(kind, encoder.size());
  return {Sent::Kind::yes, encoder.size()};
}

Sent SharedWriter::write_large(Frame::Kind kind, const Encode& encode, std::size_t size) {
  const std::uint64_t number = size;
  if (!ring_.read_up_to(large_free_at_)) return {Sent::Kind::not_yet};
  const std::span<char> room = ring_.room_for(sizeof number);
  if (room.data() == nullptr) return {Sent::Kind::not_yet};
  Encoder encoder(large_);
  encode(encoder);
  std::memcpy(room.data(), &number, sizeof number);
  reach(Step::message_encoded);
  ring_.publish(kind, sizeof number, true);
  large_free_at_ = ring_.position();
  return {Sent::Kind::yes, size};
}

RingReader::Found SharedReader::read(Frame& frame) {
  const RingReader::Found found = ring_.peek(frame);
  if (found != RingReader::Found::frame || !frame.outside) return found;
  std::uint64_t size = 0;
  if (frame.bytes.size() != sizeof size) return RingReader::Found::damage;
  std::memcpy(&size, frame.bytes.data(), sizeof size);
  if (size > large_.size()) return RingReader::Found::damage;
  frame.bytes = {large_.data(), size};
  return found;
}

SharedChannel::SharedChannel(const TransportOptions& options) : SharedChannel(SharedLayout(options)) {}

SharedChannel::SharedChannel(const SharedLayout& layout)
    : Channel(SharedMemory(layout.size(), SharedMemory::Others::write)),
      requests_(control().requests, part(memory_, layout.requests, layout.ring),
                part(memory_, layout.large_requests, layout.limit)),
      responses_(control().responses, part(memory_, layout.responses, layout.ring),
                 part(memory_, layout.large_responses, layout.limit)) {}

std::vector<int> SharedChannel::worker_descriptors() const {
  return {memory_.file().get(), worker_.descriptor().get()};
}

Sent SharedChannel::send(const Encode& encode) {
  const Sent sent = requests_.write(Frame::Kind::request, encode);
  if (sent.kind != Sent::Kind::yes) return sent;
  // Either the worker sees the request before it sleeps, or it is seen here that it sleeps.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  auto& sleeps = control().worker_sleeps;
  if (sleeps.load(std::memory_order_relaxed) == WorkerControl::Sleep::for_request) {
    sleeps.store(WorkerControl::Sleep::awake, std::memory_order_relaxed);
    worker_.ring();
  }
  return sent;
}

void SharedChannel::drained() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  auto& sleeps = control().worker_sleeps;
  if (sleeps.load(std::memory_order_relaxed) == WorkerControl::Sleep::for_room) {
    sleeps.store(WorkerControl::Sleep::awake, std::memory_order_relaxed);
    worker_.ring();
  }
}

SharedPort::SharedPort(const TransportOptions& options, SharedMemory memory, Doorbell own, Doorbell parent)
    : Port(std::move(memory)),
      requests_(control_of(memory_).requests, part(memory_, SharedLayout(options).requests, options.ring_bytes),
                part(memory_, SharedLayout(options).large_requests, SharedLayout(options).limit)),
      responses_(control_of(memory_).responses, part(memory_, SharedLayout(options).responses, options.ring_bytes),
                 part(memory_, SharedLayout(options).large_responses, SharedLayout(options).limit)),
      own_(std::move(own)),
      parent_(std::move(parent)),
      spinner_(options.spin) {}

/// Sleeps until the condition holds; it is looked at after every ring.
template <class Condition>
void SharedPort::sleep_until(WorkerControl::Sleep reason, const Condition& condition) {
  auto& sleeps = control().worker_sleeps;
  while (true) {
    sleeps.store(reason, std::memory_order_relaxed);
    // Either the parent sees that this sleeps, or what it has done is seen here.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (condition()) break;
    reach(Step::before_sleep);
    own_.wait();
    reach(Step::after_sleep);
  }
  sleeps.store(WorkerControl::Sleep::awake, std::memory_order_relaxed);
}

std::string_view SharedPort::next() {
  const auto there = [this] { return !requests_.empty(); };
  Frame frame;
  while (true) {
    const RingReader::Found found = requests_.read(frame);
    if (found == RingReader::Found::frame) return frame.bytes;
    if (found == RingReader::Found::damage) {
      throw std::runtime_error("a worker found a damaged request: something has written over the pool's shared memory");
    }
    if (control().may_spin.load(std::memory_order_relaxed) != 0 && spinner_.until(there)) continue;
    sleep_until(WorkerControl::Sleep::for_request, there);
  }
}

void SharedPort::finish() {
  requests_.pop();
  reach(Step::request_freed);
  wake_parent();
}

void SharedPort::wake_parent() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  auto& sleeps = control().parent_sleeps;
  if (sleeps.load(std::memory_order_relaxed) == 0) return;
  sleeps.store(0, std::memory_order_relaxed);
  reach(Step::before_ring);
  parent_.ring();
}

Sent SharedPort::respond(Frame::Kind kind, const Encode& encode) {
  Sent sent = responses_.write(kind, encode);
  if (sent.kind == Sent::Kind::not_yet) {
    wake_parent();
    sleep_until(WorkerControl::Sleep::for_room, [&] {
      sent = responses_.write(kind, encode);
      return sent.kind != Sent::Kind::not_yet;
    });
  }
  reach(Step::outcome_published);
  return sent;
}

/// A parent that sleeps through a long chunk of tasks still empties the ring before it is full.
void SharedPort::announce() {
  if (responses_.half_full()) wake_parent();
}

}  // namespace processes
