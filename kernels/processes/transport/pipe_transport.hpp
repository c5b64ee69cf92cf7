// Transport::pipe, see channel.hpp. A message has the format of a ring's frame: header, then bytes. Both ends keep the
// memory of their largest message for the next one. The control page counts the bytes of all responses, since the
// program sleeps on the doorbell and not on the pipes.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "processes/transport/channel.hpp"

namespace processes {

/// As much as a pipe holds: one read takes all of it. Not on the stack, which may be small.
using PipeBlock = std::array<char, 65'536>;

class PipeChannel : public Channel {
 public:
  explicit PipeChannel(const TransportOptions& options);

  [[nodiscard]] std::vector<int> worker_descriptors() const override;
  void close_worker_descriptors() override;
  Sent send(Encode encode) override;
  void flush() override;
  RingReader::Found receive(Frame& frame) override;
  void done() override;
  [[nodiscard]] bool has_response() const override;

 private:
  std::size_t limit_;
  Pipe requests_;
  Pipe responses_;
  std::string outbox_;
  std::size_t sent_ = 0;  // bytes of the outbox
  std::string inbox_;
  std::size_t taken_ = 0;         // bytes of the inbox
  std::size_t next_ = 0;          // bytes that done() removes
  std::uint64_t read_ = 0;        // bytes of all responses
  std::uint64_t nothing_at_ = 0;  // the worker's byte count when nothing was found
  PipeBlock block_;
};

class PipePort : public Port {
 public:
  PipePort(const TransportOptions& options, SharedMemory memory, Descriptor requests, Descriptor responses,
           const CallBoard& board);

  std::optional<std::string_view> next() override;
  void finish() override;
  Sent respond(Frame::Kind kind, Encode encode) override;

 private:
  /// A descriptor with the identity of its file: a task may close it and open another file with the same number.
  struct Own {
    Descriptor descriptor;
    std::uint64_t device = 0;
    std::uint64_t file = 0;

    explicit Own(Descriptor opened);
    void require_same() const;
  };

  [[nodiscard]] std::size_t write_response(std::string_view bytes) const;

  std::size_t limit_;
  Own requests_;
  Own responses_;
  std::string outbox_;
  std::string inbox_;
  std::size_t next_ = 0;       // bytes that finish() removes
  std::uint64_t written_ = 0;  // bytes of all responses
  PipeBlock block_;
};

}  // namespace processes
