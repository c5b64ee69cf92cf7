// Transport::shared, see channel.hpp.
//
//   one sealed mapping a worker, with a gap behind each large area:
//   │ WorkerControl │ request ring │ response ring │ large request │ large response │
//
// Its pages take memory when they are first written to, so the large areas cost address space until they are needed.
// They keep what the largest message took, so that the next one of its kind finds its pages there.
#pragma once

#include "processes/transport/channel.hpp"
#include "processes/transport/spin.hpp"

namespace processes {

/// The parts of the mapping.
struct SharedLayout {
  explicit SharedLayout(const TransportOptions& options);

  [[nodiscard]] std::size_t size() const { return 2 * large_responses - large_requests; }

  std::size_t ring;   ///< bytes of a ring
  std::size_t limit;  ///< bytes of a large area
  std::size_t requests;
  std::size_t responses;
  std::size_t large_requests;
  std::size_t large_responses;
};

/// One direction's writing half: the ring, and the large area next to it.
class SharedWriter {
 public:
  SharedWriter(RingPositions& positions, std::span<char> memory, std::span<char> large)
      : ring_(positions, memory), most_in_ring_(ring::most_bytes(memory.size())), large_(large) {}

  Sent write(Frame::Kind kind, const Encode& encode);
  [[nodiscard]] bool half_full() const { return ring_.half_full(); }

 private:
  Sent write_large(Frame::Kind kind, const Encode& encode, std::size_t size);

  RingWriter ring_;
  std::size_t most_in_ring_;
  std::span<char> large_;
  std::uint64_t large_free_at_ = 0;  // once the reader has come to this position
};

/// One direction's reading half.
class SharedReader {
 public:
  SharedReader(RingPositions& positions, std::span<const char> memory, std::span<const char> large)
      : ring_(positions, memory), large_(large) {}

  RingReader::Found read(Frame& frame);
  void pop() { ring_.pop(); }
  [[nodiscard]] bool empty() const { return ring_.empty(); }

 private:
  RingReader ring_;
  std::span<const char> large_;
};

class SharedChannel : public Channel {
 public:
  explicit SharedChannel(const TransportOptions& options);

  [[nodiscard]] std::vector<int> worker_descriptors() const override;
  void close_worker_descriptors() override {}
  Sent send(const Encode& encode) override;
  RingReader::Found receive(Frame& frame) override { return responses_.read(frame); }
  void done() override { responses_.pop(); }
  void drained() override;
  [[nodiscard]] bool has_response() const override { return !responses_.empty(); }
  void add_polled(std::vector<pollfd>&) override {}
  void take_polled(const std::vector<pollfd>&) override {}

 private:
  SharedChannel(const SharedLayout& layout);

  SharedWriter requests_;
  SharedReader responses_;
  Doorbell worker_;
};

class SharedPort : public Port {
 public:
  SharedPort(const TransportOptions& options, SharedMemory memory, Doorbell own, Doorbell parent);

  std::string_view next() override;
  void finish() override;
  Sent respond(Frame::Kind kind, const Encode& encode) override;
  void announce() override;

 private:
  void wake_parent();
  template <class Condition>
  void sleep_until(WorkerControl::Sleep reason, const Condition& condition);

  SharedReader requests_;
  SharedWriter responses_;
  Doorbell own_;
  Doorbell parent_;
  Spinner spinner_;
};

}  // namespace processes
