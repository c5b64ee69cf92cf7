#include "processes/transport/shared_transport.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "processes/os/memory/futex.hpp"
#include "processes/os/process.hpp"
#include "processes/os/step.hpp"

namespace processes {

namespace {

constexpr std::size_t paged(std::size_t size, std::size_t page) { return (size + page - 1) / page * page; }

std::span<char> part(const SharedMemory& memory, std::size_t offset, std::size_t size) {
  return {reinterpret_cast<char*>(memory.data()) + offset, size};
}

/// How long a worker sleeps at most before it checks that its supervisor lives.
constexpr std::chrono::seconds longest_sleep{1};

}  // namespace

SharedLayout::SharedLayout(const TransportOptions& options)
    : ring(options.ring_bytes),
      limit(options.message_limit),
      requests(paged(sizeof(WorkerControl), options.page)),
      responses(requests + paged(ring, options.page)),
      call_results(responses + paged(ring, options.page)),
      large_requests(call_results + paged(sizeof(CallResults), options.page)),
      large_responses(large_requests + paged(limit, options.page)) {}

std::size_t attainable_limit(const TransportOptions& options) {
  rlimit file{};
  if (options.transport != Transport::shared) return options.message_limit;
  if (::getrlimit(RLIMIT_FSIZE, &file) < 0 || file.rlim_cur == RLIM_INFINITY) return options.message_limit;
  const std::size_t rings = SharedLayout(options).mapped();
  const std::size_t rest = file.rlim_cur < rings ? 0 : (file.rlim_cur - rings) / 2 / options.page * options.page;
  // If not even the rings fit, making the file fails and reports it.
  return std::min(options.message_limit, std::max(rest, least_message_limit));
}

Sent SharedWriter::write(Frame::Kind kind, Encode encode) {
  std::span<char> room = ring_.room();
  Encoder encoder(room);
  encode(encoder);
  if (encoder.size() > large_.most()) return {Sent::Kind::too_large, encoder.size()};
  if (encoder.size() > most_in_ring_) return write_large(kind, encode, encoder.size());
  // An empty message fits even if its header does not.
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

Sent SharedWriter::write_large(Frame::Kind kind, Encode encode, std::size_t size) {
  const std::uint64_t number = size;
  if (!ring_.read_up_to(large_free_at_)) return {Sent::Kind::not_yet};
  const std::span<char> room = ring_.room_for(sizeof number);
  if (room.data() == nullptr) return {Sent::Kind::not_yet};
  large_.release();
  std::span<char> place;
  try {
    place = large_.bytes(size);
  } catch (const std::system_error&) {
    return {Sent::Kind::no_memory, size};
  }
  Encoder encoder(place);
  encode(encoder);
  std::memcpy(room.data(), &number, sizeof number);
  reach(Step::message_encoded);
  ring_.publish(kind, sizeof number, true);
  large_free_at_ = ring_.position();
  return {Sent::Kind::yes, size};
}

void SharedWriter::reclaim() {
  if (ring_.read_up_to(large_free_at_)) large_.release();
}

RingReader::Found SharedReader::read(Frame& frame) {
  const RingReader::Found found = ring_.peek(frame);
  if (found != RingReader::Found::frame || !frame.outside) return found;
  std::uint64_t size = 0;
  if (frame.bytes.size() != sizeof size) return RingReader::Found::damage;
  std::memcpy(&size, frame.bytes.data(), sizeof size);
  if (size > large_.most()) return RingReader::Found::damage;
  reads_large_ = true;
  try {
    const std::span<const char> bytes = large_.bytes(size);
    frame.bytes = {bytes.data(), bytes.size()};
  } catch (const std::exception&) {  // std::bad_alloc: no memory for the message of the std::system_error
    return RingReader::Found::no_memory;
  }
  return found;
}

void SharedReader::pop() {
  // Released before the writer may use it again.
  if (reads_large_) large_.release();
  reads_large_ = false;
  ring_.pop();
}

SharedChannel::SharedChannel(const TransportOptions& options) : SharedChannel(SharedLayout(options)) {}

SharedChannel::SharedChannel(const SharedLayout& layout)
    : Channel(SharedMemory(layout.mapped(), SharedMemory::Others::write, layout.size())),
      requests_(control().requests, part(memory_, layout.requests, layout.ring),
                Window(memory_.file(), layout.large_requests, layout.limit)),
      responses_(control().responses, part(memory_, layout.responses, layout.ring),
                 Window(memory_.file(), layout.large_responses, layout.limit)),
      results_(*reinterpret_cast<CallResults*>(memory_.data() + layout.call_results)) {  // the file is zeroed
  requests_.leave_out_of_forks();
  responses_.leave_out_of_forks();
}

Sent SharedChannel::send(Encode encode) {
  const Sent sent = requests_.write(Frame::Kind::request, encode);
  if (sent.kind == Sent::Kind::yes) wake(WorkerControl::Sleep::for_request);
  return sent;
}

/// Wakes a worker that sleeps for that reason. Either the worker sees what was done before it sleeps, or this sees that
/// it sleeps.
void SharedChannel::wake(WorkerControl::Sleep reason) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  wake_sleeper(reason);
}

bool SharedChannel::wake_sleeper(WorkerControl::Sleep reason) {
  auto& sleeps = control().worker_sleeps;
  if (sleeps.load(std::memory_order_relaxed) != reason) return false;
  sleeps.store(WorkerControl::Sleep::awake, std::memory_order_relaxed);
  wake_all(sleeps);
  return true;
}

void SharedChannel::drained() {
  requests_.reclaim();
  wake(WorkerControl::Sleep::for_room);
}

void SharedChannel::nudge() {
  responses_.repeat();
  control().worker_sleeps.store(WorkerControl::Sleep::awake, std::memory_order_relaxed);
  wake_all(control().worker_sleeps);
}

SharedPort::SharedPort(const TransportOptions& options, SharedMemory memory, const Descriptor& file,
                       const CallBoard& board)
    : SharedPort(SharedLayout(options), std::move(memory), file, board, options.spin) {}

SharedPort::SharedPort(const SharedLayout& layout, SharedMemory memory, const Descriptor& file, const CallBoard& board,
                       std::chrono::nanoseconds spin)
    : Port(std::move(memory), board),
      requests_(control().requests, part(memory_, layout.requests, layout.ring),
                Window(file, layout.large_requests, layout.limit)),
      responses_(control().responses, part(memory_, layout.responses, layout.ring),
                 Window(file, layout.large_responses, layout.limit)),
      taker_(board, control().call, *reinterpret_cast<CallResults*>(memory_.data() + layout.call_results)),
      spinner_(spin) {}

/// Sleeps until the condition is true; checks it after every wake-up.
template <class Condition>
void SharedPort::sleep_until(WorkerControl::Sleep reason, const Condition& condition) {
  auto& sleeps = control().worker_sleeps;
  using Clock = std::chrono::steady_clock;
  auto next_look = Clock::now() + longest_sleep;  // however many signals interrupt the sleep
  while (true) {
    sleeps.store(reason, std::memory_order_relaxed);
    // Either the parent sees that this sleeps, or this sees what the parent did.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (condition()) break;
    reach(Step::before_sleep);
    if (!sleep_on(sleeps, reason, next_look - Clock::now())) {
      require_parent();
      requests_.repeat();
      next_look = Clock::now() + longest_sleep;
    }
    reach(Step::after_sleep);
  }
  sleeps.store(WorkerControl::Sleep::awake, std::memory_order_relaxed);
}

std::optional<std::string_view> SharedPort::next() {
  Frame frame;
  while (true) {
    if (std::exchange(board_first_, false) && board_is_open()) return std::nullopt;
    const RingReader::Found found = requests_.read(frame);
    if (found == RingReader::Found::nothing && board_is_open()) return std::nullopt;
    count_chunks();
    if (found == RingReader::Found::no_memory) throw NoMemoryForRequest();
    if (found == RingReader::Found::damage) {
      throw std::runtime_error("a worker found a damaged request: a task has overwritten the pool's shared memory");
    }
    if (found == RingReader::Found::frame) {
      board_first_ = true;
      return frame.bytes;
    }
    const auto there = [this] {
      auto& processor = control().call.processor;
      if (const int here = ::sched_getcpu(); processor.load(std::memory_order_relaxed) != here) processor.store(here);
      return !requests_.empty() || board_is_open();
    };
    const auto may_spin = control().may_spin.load(std::memory_order_relaxed);
    // Once a call: the order stays in memory until the next call.
    if (may_spin == WorkerControl::Spin::elsewhere && std::exchange(left_in_, taker_.call()) != taker_.call()) {
      leave_processor();
    }
    if (may_spin != WorkerControl::Spin::no && spinner_.until(there)) continue;
    const auto since = Spinner::Clock::now();
    sleep_until(WorkerControl::Sleep::for_request, there);
    spinner_.slept(Spinner::Clock::now() - since);
  }
}

/// Counts ended chunks before the worker starts or waits for something else.
void SharedPort::count_chunks() {
  if (taker_.count()) wake_program();
}

void SharedPort::finish() {
  requests_.pop();
  responses_.reclaim();
  reach(Step::request_freed);
  wake_program();
}

Sent SharedPort::respond(Frame::Kind kind, Encode encode) {
  Sent sent = responses_.write(kind, encode);
  if (sent.kind == Sent::Kind::not_yet) {
    wake_program();
    sleep_until(WorkerControl::Sleep::for_room, [&] {
      sent = responses_.write(kind, encode);
      return sent.kind != Sent::Kind::not_yet;
    });
  }
  reach(Step::outcome_published);
  return sent;
}

/// Wakes a parent that sleeps during a long chunk, so that it empties the ring before that is full.
void SharedPort::announce() {
  if (responses_.half_full()) wake_program();
}

}  // namespace processes
