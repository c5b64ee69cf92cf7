#include "processes/transport/pipe_transport.hpp"

#include <poll.h>
#include <sys/stat.h>

#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "processes/os/step.hpp"

namespace processes {

namespace {

/// What a worker keeps for its messages: a task that succeeds or throws may have taken all other memory.
constexpr std::size_t least_outbox = sizeof(ring::Header) + least_message_limit;

/// Appends header and bytes of a message; appends nothing if they exceed the limit or if encode throws. A message over
/// the limit may have any size, so its memory is freed.
Sent append_frame(Frame::Kind kind, Encode encode, std::size_t limit, std::string& out) {
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

/// The first frame of the bytes, if it is complete.
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

// NOLINTNEXTLINE(*-member-init): block_ is large, and filled by read
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

/// The read end of the requests stays open in the parent, so that writing a request never raises SIGPIPE.
void PipeChannel::close_worker_descriptors() {
  responses_.writer.close();
  memory_.close_file();
}

Sent PipeChannel::send(Encode encode) {
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
    // A stream that has ended, or that a task has closed, has no further responses.
    const std::uint64_t counted = control().responses.tail.load(std::memory_order_acquire);
    const auto count = responses_.reader ? read_some(responses_.reader, inbox_, block_) : 0;
    if (!count) {
      nothing_at_ = counted;
      return found;
    }
    read_ += *count;
    if (*count == 0) {
      responses_.reader.close();
      return RingReader::Found::damage;
    }
    found = parse(inbox_, limit_, frame);
  }
  next_ = sizeof(ring::Header) + frame.bytes.size();
  return found;
}

void PipeChannel::done() { taken_ += next_; }

/// True also after an interruption between receive() and done(). A task may have overwritten the worker's count.
bool PipeChannel::has_response() const {
  Frame frame;
  const std::uint64_t counted = control().responses.tail.load(std::memory_order_acquire);
  return (responses_.reader && counted != read_ && counted != nothing_at_) ||
         parse(std::string_view(inbox_).substr(taken_), limit_, frame) != RingReader::Found::nothing;
}

PipePort::Own::Own(Descriptor opened) : descriptor(std::move(opened)) {
  struct stat found{};
  if (::fstat(descriptor.get(), &found) < 0) throw_system_error("fstat");
  device = found.st_dev;
  file = found.st_ino;
}

void PipePort::Own::require_same() const {
  struct stat found{};
  if (::fstat(descriptor.get(), &found) == 0 && found.st_dev == device && found.st_ino == file) return;
  throw std::runtime_error("a task has closed the pool's pipes in its worker: the worker cannot go on");
}

// NOLINTNEXTLINE(*-member-init): block_ is large, and filled by read
PipePort::PipePort(const TransportOptions& options, SharedMemory memory, Descriptor requests, Descriptor responses,
                   const CallBoard& board)
    : Port(std::move(memory), board),
      limit_(options.message_limit),
      requests_(std::move(requests)),
      responses_(std::move(responses)) {
  responses_.descriptor.set_nonblocking();
  outbox_.reserve(least_outbox);
}

std::optional<std::string_view> PipePort::next() {
  Frame frame;
  RingReader::Found found{};
  bool read = false;
  while ((found = parse(inbox_, limit_, frame)) == RingReader::Found::nothing) {
    if (read) wake_program();  // it may wait for room to send the rest
    reach(Step::before_sleep);
    requests_.require_same();
    if (read_some(requests_.descriptor, inbox_, block_) == 0) {
      throw PoolEnded("a worker's request pipe was closed");
    }
    read = true;
  }
  if (found == RingReader::Found::damage) throw std::runtime_error("a worker found a damaged request in its pipe");
  next_ = sizeof(ring::Header) + frame.bytes.size();
  return frame.bytes;
}

void PipePort::finish() {
  inbox_.erase(0, next_);
  reach(Step::request_freed);
}

/// Returns how much was written. Without a reader there is no pool: SIGPIPE ends this worker, unless it is ignored.
std::size_t PipePort::write_response(std::string_view bytes) const try {
  return write_some(responses_.descriptor, bytes);
} catch (const std::system_error& error) {
  if (error.code().value() == EPIPE) throw PoolEnded("a worker's response pipe was closed");
  throw;
}

Sent PipePort::respond(Frame::Kind kind, Encode encode) {
  outbox_.clear();
  outbox_.reserve(least_outbox);  // it was freed if the last message was too large
  const Sent sent = append_frame(kind, encode, limit_, outbox_);
  if (sent.kind != Sent::Kind::yes) return sent;
  reach(Step::message_encoded);
  responses_.require_same();
  for (std::string_view rest = outbox_; !rest.empty();) {
    const std::size_t written = write_response(rest);
    rest.remove_prefix(written);
    written_ += written;
    control().responses.tail.store(written_, std::memory_order_release);
    if (rest.empty()) break;
    wake_program();
    pollfd room{responses_.descriptor.get(), POLLOUT, 0};
    ::poll(&room, 1, -1);
  }
  reach(Step::outcome_published);
  wake_program();
  return sent;
}

}  // namespace processes
