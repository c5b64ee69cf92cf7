// Transport::pipe, see channel.hpp. A message travels as a ring's frame does: its header, then its bytes. Both ends
// keep the memory that the largest message took, for the next one of its kind.
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
  void add_polled(std::vector<pollfd>& polled) override;
  void take_polled(const std::vector<pollfd>& polled) override;

 private:
  std::size_t limit_;
  Pipe requests_;
  Pipe responses_;
  std::string outbox_;
  std::size_t sent_ = 0;  // of the outbox
  std::string inbox_;
  std::size_t taken_ = 0;  // of the inbox
  std::size_t next_ = 0;   // what done() takes
  std::optional<std::size_t> polled_at_;
  bool readable_ = false;  // as poll has reported, and nothing was read since
};

class PipePort : public Port {
 public:
  PipePort(const TransportOptions& options, SharedMemory memory, Descriptor requests, Descriptor responses);

  std::string_view next() override;
  void finish() override;
  Sent respond(Frame::Kind kind, const Encode& encode) override;

 private:
  std::size_t limit_;
  Descriptor requests_;
  Descriptor responses_;
  std::string outbox_;
  std::string inbox_;
  std::size_t next_ = 0;  // what finish() takes
};

}  // namespace processes
