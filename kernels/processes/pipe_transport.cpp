#include "processes/pipe_transport.hpp"

#include <poll.h>

#include <stdexcept>
#include <system_error>
#include <utility>

#include "processes/step.hpp"

namespace processes {

namespace {

/// The header and the bytes of a message; nothing if they are more than the limit, with their number.
Sent frame(Frame::Kind kind, const Encode& encode, std::size_t limit, std::string& out) {
  Encoder encoder;
  encode(encoder);
  const std::size_t size = encoder.size();
  if (size > limit) return {Sent::Kind::too_large, size};
  const ring::Header header{kind, 0, size};
  out.reserve(out.size() + sizeof header + size);
  out.append(reinterpret_cast<const char*>(&header), sizeof header);
  out.append(encoder.take());
  return {Sent::Kind::yes};
}

/// The frame at the beginning of the bytes, if it is there as a whole.
RingReader::Found parse(std::string_view bytes, std::size_t limit, Frame& frame) {
  ring::Header header{};
  if (bytes.size() < sizeof header) return RingReader::Found::nothing;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.size > limit) return RingReader::Found::damage;
  if (bytes.size() - sizeof header < header.size) return RingReader::Found::nothing;
  frame = {header.kind, false, bytes.substr(sizeof header, header.size)};
  return RingReader::Found::frame;
}

}  // namespace

PipeChannel::PipeChannel(const TransportOptions& options)
    : Channel(SharedMemory(sizeof(WorkerControl), SharedMemory::Others::write)),
      limit_(options.message_limit),
      requests_(Pipe::open()),
      responses_(Pipe::open()) {
  requests_.writer.set_nonblocking();
  responses_.reader.set_nonblocking();
}

std::vector<int> PipeChannel::worker_descriptors() const {
  return {memory_.file().get(), requests_.reader.get(), responses_.writer.get()};
}

void PipeChannel::close_worker_descriptors() {
  requests_.reader.close();
  responses_.writer.close();
}

Sent PipeChannel::send(const Encode& encode) {
  const Sent sent = frame(Frame::Kind::request, encode, limit_, outbox_);
  if (sent.kind == Sent::Kind::yes) flush();
  return sent;
}

void PipeChannel::flush() {
  if (sent_ == outbox_.size()) return;
  try {
    sent_ += write_some(requests_.writer, std::string_view(outbox_).substr(sent_));
  } catch (const std::system_error& error) {
    // The worker's end is told by its keeper, with its status; what could not be sent has no reader.
    if (error.code() != std::errc::broken_pipe) throw;
    sent_ = outbox_.size();
  }
  if (sent_ == outbox_.size()) {
    outbox_.clear();
    sent_ = 0;
  }
}

RingReader::Found PipeChannel::receive(Frame& frame) {
  auto found = parse(std::string_view(inbox_).substr(taken_), limit_, frame);
  if (found == RingReader::Found::nothing) inbox_.erase(0, std::exchange(taken_, 0));
  while (found == RingReader::Found::nothing) {
    // A stream that has ended, or was closed by a task, can never answer.
    const auto count = responses_.reader ? read_some(responses_.reader, inbox_) : 0;
    if (!count) return found;
    if (*count == 0) {
      responses_.reader.close();  // an ended stream would end every poll
      return RingReader::Found::damage;
    }
    found = parse(inbox_, limit_, frame);
  }
  next_ = sizeof(ring::Header) + frame.bytes.size();
  return found;
}

void PipeChannel::done() { taken_ += next_; }

void PipeChannel::add_polled(std::vector<pollfd>& polled) const {
  if (responses_.reader) polled.push_back({responses_.reader.get(), POLLIN, 0});
  // A pipe with room would end every poll, so it is asked about only while there is something to send.
  if (sent_ < outbox_.size()) polled.push_back({requests_.writer.get(), POLLOUT, 0});
}

PipePort::PipePort(const TransportOptions& options, SharedMemory memory, Descriptor requests, Descriptor responses)
    : Port(std::move(memory)),
      limit_(options.message_limit),
      requests_(std::move(requests)),
      responses_(std::move(responses)) {}

std::string_view PipePort::next() {
  Frame frame;
  RingReader::Found found{};
  while ((found = parse(inbox_, limit_, frame)) == RingReader::Found::nothing) {
    reach(Step::before_sleep);
    if (read_some(requests_, inbox_) == 0) {
      throw std::system_error(EPIPE, std::generic_category(), "a worker's pipe has ended");
    }
  }
  if (found == RingReader::Found::damage) throw std::runtime_error("a worker found a damaged request in its pipe");
  next_ = sizeof(ring::Header) + frame.bytes.size();
  return frame.bytes;
}

void PipePort::finish() {
  inbox_.erase(0, next_);
  reach(Step::request_freed);
}

Sent PipePort::respond(Frame::Kind kind, const Encode& encode) {
  std::string bytes;
  const Sent sent = frame(kind, encode, limit_, bytes);
  if (sent.kind != Sent::Kind::yes) return sent;
  reach(Step::message_encoded);
  write_all(responses_, bytes);
  reach(Step::outcome_published);
  return sent;
}

}  // namespace processes
