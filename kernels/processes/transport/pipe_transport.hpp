// Transport::pipe, see channel.hpp. A message travels as a ring's frame does: its header, then its bytes. Both ends
// keep the memory that the largest message took, for the next one of its kind. How many bytes of responses were written
// is in the control page, since the program sleeps on the doorbell and not on the pipes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "processes/transport/channel.hpp"

namespace processes {

class PipeChannel : public Channel {
 public:
  explicit PipeChannel(const TransportOptions& options);

  [[nodiscard]] std::vector<int> worker_descriptors() const override;
  void close_worker_descriptors() override;
  Sent send(const Encode& encode) override;
  void flush() override;
  RingReader::Found receive(Frame& frame) override;
  void done() override;
  [[nodiscard]] bool has_response() const override;

 private:
  std::size_t limit_;
  Pipe requests_;
  Pipe responses_;
  std::string outbox_;
  std::size_t sent_ = 0;  // of the outbox
  std::string inbox_;
  std::size_t taken_ = 0;         // of the inbox
  std::size_t next_ = 0;          // what done() takes
  std::uint64_t read_ = 0;        // bytes of all responses
  std::uint64_t nothing_at_ = 0;  // bytes that the worker had counted when nothing was found
};

class PipePort : public Port {
 public:
  PipePort(const TransportOptions& options, SharedMemory memory, Descriptor requests, Descriptor responses,
           const CallBoard& board);

  std::optional<std::string_view> next() override;
  void finish() override;
  Sent respond(Frame::Kind kind, const Encode& encode) override;

 private:
  /// The same file as at first: a task may have closed it, and opened another one that has its number now.
  struct Own {
    Descriptor descriptor;
    std::uint64_t device = 0;
    std::uint64_t file = 0;

    explicit Own(Descriptor opened);
    void require_same() const;
  };

  std::size_t limit_;
  Own requests_;
  Own responses_;
  std::string outbox_;
  std::string inbox_;
  std::size_t next_ = 0;       // what finish() takes
  std::uint64_t written_ = 0;  // bytes of all responses
};

}  // namespace processes
