#include "processes/transport/pipe_transport.hpp"

#include <poll.h>

#include <stdexcept>
#include <system_error>
#include <utility>

#include "processes/os/step.hpp"

namespace processes {

namespace {

/// Appends the header and the bytes of a message; nothing if they are more than the limit, or if encode throws. What is
/// rejected may be of any size, so its memory is not kept.
Sent append_frame(Frame::Kind kind, const Encode& encode, std::size_t limit, std::string& out) {
  const std::size_t begin = out.size();
  ring::Header header{kind, 0, 0};
  out.append(sizeof header, '\0');
  Encoder encoder(out);
  try {
    encode(encoder);
  } catch (...) {
    out.resize(begin);
    out.shrink_to_fit();
    throw;
  }
  header.size = encoder.size();
  if (header.size > limit) {
    out.resize(begin);
    out.shrink_to_fit();
    return {Sent::Kind::too_large, header.size};
  }
  std::memcpy(out.data() + begin, &header, sizeof header);
  return {Sent::Kind::yes, header.size};
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

/// The read end of the requests stays open, so that no write of one raises SIGPIPE in the program.
void PipeChannel::close_worker_descriptors() { responses_.writer.close(); }

Sent PipeChannel::send(const Encode& encode) {
  const Sent sent = append_frame(Frame::Kind::request, encode, limit_, outbox_);
  if (sent.kind == Sent::Kind::yes) flush();
  return sent;
}

void PipeChannel::flush() {
  if (sent_ == outbox_.size()) return;
  sent_ += write_some(requests_.writer, std::string_view(outbox_).substr(sent_));
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
    readable_ = false;
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

/// Also when somebody was interrupted between receive() and done().
bool PipeChannel::has_response() const {
  Frame frame;
  return readable_ || parse(std::string_view(inbox_).substr(taken_), limit_, frame) != RingReader::Found::nothing;
}

void PipeChannel::add_polled(std::vector<pollfd>& polled) {
  if (responses_.reader) {
    polled_at_ = polled.size();
    polled.push_back({responses_.reader.get(), POLLIN, 0});
  }
  // A pipe with room would end every poll, so it is asked about only while there is something to send.
  if (sent_ < outbox_.size()) polled.push_back({requests_.writer.get(), POLLOUT, 0});
}

void PipeChannel::take_polled(const std::vector<pollfd>& polled) {
  if (polled_at_ && polled[*polled_at_].revents != 0) readable_ = true;
  polled_at_.reset();
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
  outbox_.clear();
  const Sent sent = append_frame(kind, encode, limit_, outbox_);
  if (sent.kind != Sent::Kind::yes) return sent;
  reach(Step::message_encoded);
  // Without a reader there is no pool that this worker could answer, and SIGPIPE may end it.
  for (std::string_view rest = outbox_; !rest.empty();) {
    const std::size_t written = write_some(responses_, rest);
    rest.remove_prefix(written);
    if (written > 0) continue;
    pollfd room{responses_.get(), POLLOUT, 0};  // a task has made the pipe non-blocking
    ::poll(&room, 1, -1);
  }
  reach(Step::outcome_published);
  return sent;
}

}  // namespace processes
