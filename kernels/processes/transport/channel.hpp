// The connection of a pool with one of its workers: requests one way, responses the other. Two transports keep to it:
//
//   pipe     two pipes: every message is copied into the kernel and out again, and wakes whoever waits for it
//   shared   two rings in shared memory, one a direction; a wake-up only for who sleeps. Messages too large for the
//            ring lie in an area of their own next to it, one at a time and direction. Tasks of one call at a time are
//            no messages at all: the worker takes them from the board (call_board.hpp)
//
// Either way a page of shared memory (WorkerControl) tells the parent where the worker is, up to its last instruction.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <vector>

#include "processes/os/memory/shared_memory.hpp"
#include "processes/transport/call_board.hpp"
#include "processes/transport/doorbell.hpp"
#include "processes/transport/ring.hpp"
#include "processes/transport/wire.hpp"

namespace processes {

enum class Transport : std::uint32_t { shared, pipe };

/// Shared by the parent and one worker; in each direction only one of them writes.
struct WorkerControl {
  enum class Sleep : std::uint32_t { awake, for_request, for_room };

  RingPositions requests;
  RingPositions responses;

  /// Written by the worker. A task counts as started before its arguments are decoded, so that whatever ends the worker
  /// from then on is this task's.
  alignas(cache_line) std::atomic<std::uint64_t> tasks_started = 0;
  /// When the worker was ready for its first task, or started its last one that has a deadline: nanoseconds of the
  /// steady clock.
  std::atomic<std::int64_t> started_at = 0;
  /// Whether the initialiser has returned. Anything else is what a task has written there, which none does before.
  enum class Start : std::uint32_t { begun = 0x6e676562, ready = 0x79646172 };
  std::atomic<Start> start = Start::begun;
  /// Of the call on the board.
  alignas(cache_line) CallRecord call;

  /// Set by the worker, which sleeps on it; cleared by the parent, which wakes it.
  alignas(cache_line) std::atomic<Sleep> worker_sleeps = Sleep::awake;
  /// Written by the parent: whether the worker is one of as many as there are processors to spin on, and whether it
  /// shares its own with another one of these.
  enum class Spin : std::uint32_t { no, yes, elsewhere };
  alignas(cache_line) std::atomic<Spin> may_spin = Spin::no;
  /// Written by the parent: that it knows the worker, which takes no chunk of a call before.
  std::atomic<std::uint32_t> is_known = 0;
  /// Written by the parent: that the worker is to be killed in its task and starts no other one any more.
  std::atomic<std::uint32_t> halt = 0;
};

/// Puts a message. It may be asked again for the same one, since neither its size nor the room for it is known before.
using Encode = std::function<void(Encoder&)>;

struct Sent {
  enum class Kind {
    yes,
    not_yet,    ///< no room before the other end has read more
    too_large,  ///< for any message
    no_memory   ///< no address space for it in this process
  };

  Kind kind = Kind::yes;
  std::size_t size = 0;  ///< of the message in bytes, unless it was not_yet
};

/// What the pool itself has to say fits into a message of any pool.
inline constexpr std::size_t least_message_limit = 4096;

/// Bytes of a page of this system.
std::size_t system_page();

struct TransportOptions {
  Transport transport = Transport::shared;
  std::size_t ring_bytes = std::size_t{1} << 20U;     ///< of each direction's ring: a power of two
  std::size_t message_limit = std::size_t{1} << 30U;  ///< bytes
  std::chrono::nanoseconds spin{0};                   ///< before sleeping, while processors are free
  std::size_t page = system_page();  ///< bytes: what each part of shared memory begins at a multiple of
};

/// The limit of a message that these options can have: less than they ask for where the file of a shared transport may
/// not be as large (ulimit -f).
std::size_t attainable_limit(const TransportOptions& options);

/// The parent's end. No call of it blocks.
class Channel {
 public:
  static std::unique_ptr<Channel> open(const TransportOptions& options);
  virtual ~Channel() = default;

  [[nodiscard]] WorkerControl& control() const { return *control_; }

  /// What the worker needs to open its Port, and the size of the memory that the first of them is.
  [[nodiscard]] virtual std::vector<int> worker_descriptors() const = 0;
  [[nodiscard]] std::size_t memory_size() const { return memory_.size(); }
  /// Closes what only the worker needs, once it has it.
  virtual void close_worker_descriptors() = 0;

  /// Sends a whole message, or nothing; what the system does not take at once goes with the next flush().
  virtual Sent send(const Encode& encode) = 0;
  virtual void flush() {}

  /// The next response; its bytes stay until done().
  virtual RingReader::Found receive(Frame& frame) = 0;
  virtual void done() = 0;
  /// To be called when there was no further response: wakes a worker that waits for room.
  virtual void drained() {}

  /// Whether receive() may find something, as far as can be known without a system call.
  [[nodiscard]] virtual bool has_response() const = 0;

  /// What the worker notes of calls on the board; null where it takes no chunks of them.
  [[nodiscard]] virtual const CallResults* call_results() const { return nullptr; }
  /// After something that the worker may sleep through was written, and a fence (sequentially consistent): whether it
  /// slept, and was woken.
  virtual bool wake_for_call() { return false; }

  /// Wakes a worker that has not read what it was sent, whatever its memory says of whether it sleeps.
  virtual void nudge() {}

 protected:
  explicit Channel(SharedMemory memory);

  SharedMemory memory_;
  WorkerControl* control_;
};

/// A request lies in shared memory that this process has no address space for.
struct NoMemoryForRequest : std::bad_alloc {
  [[nodiscard]] const char* what() const noexcept override {
    return "the worker's address space does not hold the arguments (raise ulimit -v)";
  }
};

/// The worker's end. Its calls block until the process that this one is a child's of ends; then they throw
/// std::system_error, EPIPE.
class Port {
 public:
  static std::unique_ptr<Port> open(const TransportOptions& options, std::vector<Descriptor> descriptors,
                                    std::size_t memory_size, const CallBoard& board);
  virtual ~Port() = default;

  [[nodiscard]] WorkerControl& control() const { return *control_; }

  /// The next request; its bytes stay until finish(), which also skips what NoMemoryForRequest was thrown for. Nothing
  /// if the board has, or had a moment ago, a chunk for this worker.
  virtual std::optional<std::string_view> next() = 0;
  virtual void finish() = 0;

  /// Never not_yet. What the encoding throws comes before anything is sent.
  virtual Sent respond(Frame::Kind kind, const Encode& encode) = 0;
  /// To be called after a response: wakes a parent that sleeps while much waits for it.
  virtual void announce() {}

  /// Takes chunks of calls on the board; only where next() returns nothing.
  [[nodiscard]] virtual CallTaker* call_taker() { return nullptr; }

 protected:
  Port(SharedMemory memory, const CallBoard& board);

  /// Wakes the program if it sleeps.
  void wake_program() const;
  void require_parent() const;

  SharedMemory memory_;
  WorkerControl* control_;

 private:
  Doorbell program_;
  pid_t parent_;
};

}  // namespace processes
