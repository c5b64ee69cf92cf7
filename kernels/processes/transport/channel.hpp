// The connection of a pool with one worker: requests one way, responses the other. There are two transports:
//
//   pipe     two pipes: every message is copied into the kernel and out again, and wakes its reader
//   shared   two rings in shared memory, one a direction; only a sleeping reader is woken. Each direction has a
//   separate
//            area for one message that is too large for the ring. The tasks of one call at a time need no messages: the
//            worker claims them from the board (call_board.hpp)
//
// With both, a page of shared memory (WorkerControl) shows the parent what the worker does, even after it has died.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include "processes/os/function_ref.hpp"
#include "processes/os/memory/shared_memory.hpp"
#include "processes/transport/call_board.hpp"
#include "processes/transport/doorbell.hpp"
#include "processes/transport/ring.hpp"
#include "processes/transport/wire.hpp"

namespace processes {

enum class Transport : std::uint32_t { shared, pipe };

/// Shared by the parent and one worker. Each field has a single writer, unless noted.
struct WorkerControl {
  enum class Sleep : std::uint32_t { awake, for_request, for_room };

  RingPositions requests;
  RingPositions responses;

  /// Written by the worker. A task counts as started before its arguments are decoded, so that a crash in decoding
  /// counts as the task's.
  alignas(cache_line) std::atomic<std::uint64_t> tasks_started = 0;
  /// When the worker became ready for its first task, or when its last task with a deadline started: steady clock,
  /// nanoseconds.
  std::atomic<std::int64_t> started_at = 0;
  /// Whether the initialiser has returned. No task runs before `ready`, so any other value was written by a task.
  enum class Start : std::uint32_t { begun = 0x6e676562, ready = 0x79646172 };
  std::atomic<Start> start = Start::begun;
  /// The record of the call on the board.
  alignas(cache_line) CallRecord call;

  /// Set by the worker, which sleeps on it; cleared by the parent, which wakes it.
  alignas(cache_line) std::atomic<Sleep> worker_sleeps = Sleep::awake;
  /// Written by the parent: whether the worker may spin, as one of at most as many workers as CPUs. `elsewhere`: it
  /// must move to another CPU, since another process spins on the same one.
  enum class Spin : std::uint32_t { no, yes, elsewhere };
  alignas(cache_line) std::atomic<Spin> may_spin = Spin::no;
  /// Written by the parent: it knows the worker's pid. The worker claims no chunk before.
  std::atomic<std::uint32_t> is_known = 0;
  /// Written by the parent: the worker is about to be killed and must not start another task.
  std::atomic<std::uint32_t> halt = 0;
};

/// Encodes a message. It may be called several times for one message, since neither the size nor the room is known
/// before.
using Encode = FunctionRef<void(Encoder&)>;

struct Sent {
  enum class Kind {
    yes,
    not_yet,    ///< no room until the other end has read more
    too_large,  ///< larger than message_limit
    no_memory   ///< no address space for it in this process
  };

  Kind kind = Kind::yes;
  std::size_t size = 0;  ///< of the message, in bytes; not set for not_yet
};

/// The pool's own messages fit into this limit.
inline constexpr std::size_t least_message_limit = 4096;

/// The page size in bytes.
std::size_t system_page();

struct TransportOptions {
  Transport transport = Transport::shared;
  std::size_t ring_bytes = std::size_t{1} << 20U;     ///< of each direction's ring; a power of two
  std::size_t message_limit = std::size_t{1} << 30U;  ///< in bytes
  std::chrono::nanoseconds spin{0};                   ///< how long to spin before sleeping, while CPUs are free
  std::size_t page = system_page();                   ///< alignment of the parts of the shared memory, in bytes
};

/// The message limit that is possible with these options: lower than requested if the file size limit (ulimit -f) is.
std::size_t attainable_limit(const TransportOptions& options);

/// The parent's end. No call blocks.
class Channel {
 public:
  static std::unique_ptr<Channel> open(const TransportOptions& options);
  virtual ~Channel() = default;

  [[nodiscard]] WorkerControl& control() const { return *control_; }

  /// The descriptors that the worker opens its Port with. The first may be that of its memory, of memory_size() bytes.
  [[nodiscard]] virtual std::vector<int> worker_descriptors() const = 0;
  [[nodiscard]] std::size_t memory_size() const { return memory_.size(); }
  /// Closes descriptors that only the worker needs, once the worker has them.
  virtual void close_worker_descriptors() = 0;

  /// Sends a whole message or nothing; flush() sends what the system has not taken at once.
  virtual Sent send(Encode encode) = 0;
  virtual void flush() {}

  /// The next response; its bytes are valid until done().
  virtual RingReader::Found receive(Frame& frame) = 0;
  virtual void done() = 0;
  /// Call it when there was no further response: wakes a worker that waits for room.
  virtual void drained() {}

  /// Whether receive() may find something, as far as is known without a system call.
  [[nodiscard]] virtual bool has_response() const = 0;

  /// The worker's record of calls on the board; null without a board.
  [[nodiscard]] virtual const CallResults* call_results() const { return nullptr; }
  /// Wakes the worker if it sleeps; returns whether it slept. Call it after the write that the worker waits for and a
  /// sequentially consistent fence.
  virtual bool wake_for_call() { return false; }

  /// Wakes a worker that may have missed a wake-up, whatever its memory says about sleeping.
  virtual void nudge() {}

 protected:
  explicit Channel(SharedMemory memory);

  SharedMemory memory_;
  WorkerControl* control_;
};

/// A request is in shared memory that this process has no address space for.
struct NoMemoryForRequest : std::bad_alloc {
  [[nodiscard]] const char* what() const noexcept override {
    return "the worker's address space has no room for the arguments (raise ulimit -v)";
  }
};

/// The pool of a worker has ended: nobody is left to report to.
struct PoolEnded : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The worker's end. Its calls block. They throw PoolEnded once the parent process has ended.
class Port {
 public:
  static std::unique_ptr<Port> open(const TransportOptions& options, std::vector<Descriptor> descriptors,
                                    std::size_t memory_size, const CallBoard& board);
  virtual ~Port() = default;

  [[nodiscard]] WorkerControl& control() const { return *control_; }

  /// The next request; its bytes are valid until finish(), which also skips a request that threw NoMemoryForRequest.
  /// Returns nothing if the board has, or recently had, a free chunk.
  virtual std::optional<std::string_view> next() = 0;
  virtual void finish() = 0;

  /// Never returns not_yet. If encoding throws, nothing is sent.
  virtual Sent respond(Frame::Kind kind, Encode encode) = 0;
  /// Call it after a response: wakes a sleeping parent if many responses wait for it.
  virtual void announce() {}

  /// Claims chunks of calls on the board; use it when next() returns nothing.
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
