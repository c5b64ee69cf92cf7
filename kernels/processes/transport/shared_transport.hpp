// Transport::shared, see channel.hpp.
//
//   one sealed file per worker:
//   │ WorkerControl │ request ring │ response ring │ results of calls │ large request │ large response │
//
// Pages take memory when they are first written. The parts before the large areas are mapped at once. The large areas
// are mapped as far as needed (os/window.hpp): without large messages they cost neither memory nor address space.
#pragma once

#include "processes/os/memory/window.hpp"
#include "processes/transport/channel.hpp"
#include "processes/transport/spin.hpp"

namespace processes {

/// Offsets and sizes of the file's parts.
struct SharedLayout {
  explicit SharedLayout(const TransportOptions& options);

  [[nodiscard]] std::size_t mapped() const { return large_requests; }
  [[nodiscard]] std::size_t size() const { return 2 * large_responses - large_requests; }

  std::size_t ring;   ///< size of a ring in bytes
  std::size_t limit;  ///< size of a large area in bytes
  std::size_t requests;
  std::size_t responses;
  std::size_t call_results;
  std::size_t large_requests;
  std::size_t large_responses;
};

/// The writing end of one direction: the ring and its large area.
class SharedWriter {
 public:
  SharedWriter(RingPositions& positions, std::span<char> memory, Window large)
      : ring_(positions, memory), most_in_ring_(ring::most_bytes(memory.size())), large_(std::move(large)) {}

  Sent write(Frame::Kind kind, Encode encode);
  [[nodiscard]] bool half_full() const { return ring_.half_full(); }
  /// Frees the memory of a very large message once it has been read.
  void reclaim();
  /// Its large area. The ring is in memory of the caller.
  void leave_out_of_forks() noexcept { large_.leave_out_of_forks(); }

 private:
  Sent write_large(Frame::Kind kind, Encode encode, std::size_t size);

  RingWriter ring_;
  std::size_t most_in_ring_;
  Window large_;
  std::uint64_t large_free_at_ = 0;  // ring position after which the large area is free
};

/// The reading end of one direction.
class SharedReader {
 public:
  SharedReader(RingPositions& positions, std::span<const char> memory, Window large)
      : ring_(positions, memory), large_(std::move(large)) {}

  RingReader::Found read(Frame& frame);
  /// Frees the message that read() returned.
  void pop();
  void repeat() { ring_.repeat(); }
  void leave_out_of_forks() noexcept { large_.leave_out_of_forks(); }
  [[nodiscard]] bool empty() const { return ring_.empty(); }

 private:
  RingReader ring_;
  Window large_;
  bool reads_large_ = false;
};

class SharedChannel : public Channel {
 public:
  explicit SharedChannel(const TransportOptions& options);

  [[nodiscard]] std::vector<int> worker_descriptors() const override { return {memory_.file().get()}; }
  void close_worker_descriptors() override { memory_.close_file(); }
  Sent send(Encode encode) override;
  RingReader::Found receive(Frame& frame) override { return responses_.read(frame); }
  void done() override { responses_.pop(); }
  void drained() override;
  [[nodiscard]] bool has_response() const override { return !responses_.empty(); }
  void nudge() override;
  [[nodiscard]] const CallResults* call_results() const override { return &results_; }
  bool wake_for_call() override { return wake_sleeper(WorkerControl::Sleep::for_request); }

 private:
  explicit SharedChannel(const SharedLayout& layout);
  void wake(WorkerControl::Sleep reason);
  bool wake_sleeper(WorkerControl::Sleep reason);

  SharedWriter requests_;
  SharedReader responses_;
  CallResults& results_;
};

class SharedPort : public Port {
 public:
  SharedPort(const TransportOptions& options, SharedMemory memory, const Descriptor& file, const CallBoard& board);

  std::optional<std::string_view> next() override;
  void finish() override;
  Sent respond(Frame::Kind kind, Encode encode) override;
  void announce() override;
  [[nodiscard]] CallTaker* call_taker() override { return &taker_; }

 private:
  SharedPort(const SharedLayout& layout, SharedMemory memory, const Descriptor& file, const CallBoard& board,
             std::chrono::nanoseconds spin);
  void count_chunks();
  [[nodiscard]] bool board_is_open() const {
    return taker_.open() && control().is_known.load(std::memory_order_relaxed) != 0;
  }
  template <class Condition>
  void sleep_until(WorkerControl::Sleep reason, const Condition& condition);

  SharedReader requests_;
  SharedWriter responses_;
  CallTaker taker_;
  std::uint64_t left_in_ = 0;  // the call in which it last moved to another CPU
  bool board_first_ = false;   // alternates, so that neither requests nor calls starve
  Spinner spinner_;
};

}  // namespace processes
