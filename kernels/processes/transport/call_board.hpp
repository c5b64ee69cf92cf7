// The call board: the tasks of one call for all workers of a pool. The call is described once; idle workers claim
// chunks and write results in place. It saves short calls the cost of messages: no encoding, and no wake-up for a
// worker that is awake.
//
//   one file per pool, CallBoard
//   │ doorbell │ next, ended │ claims │   written by all: who claims what
//   │ description │ arguments │           written by the program, read-only for workers
//   and one per worker, shared by this worker and the program only
//   │ CallRecord, claimed chunks │ results │
//
// How a worker claims a chunk: it increments `next`, records the chunk, then exchanges the chunk's claim from free to
// claimed. It also records each task of the chunk as it starts and ends. So when a worker dies, its record shows its
// chunk and which of its tasks had started and ended. If it dies before the claim, the chunk is still free: the program
// takes it back by the same exchange, so every chunk goes to exactly one of them.
//
// Every word includes the number of its call. So words of an earlier call, and almost any value that a task writes
// there by mistake, count as no claim and no record. The program relies on the records, and a task can only overwrite
// those of its own worker.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "processes/os/memory/shared_memory.hpp"
#include "processes/transport/cache_line.hpp"

namespace processes {

/// Time of the steady clock in nanoseconds.
inline std::int64_t steady_now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

/// Runs one task: reads the argument slot, writes the result slot. Before writing it calls `check`, which does not
/// return in a child process that the task has forked.
using InPlace = void (*)(void (*function)(), const std::byte* argument, std::byte* result, void (*check)());

/// What the tasks of a call have in common.
struct CallShape {
  InPlace run = nullptr;
  void (*function)() = nullptr;
  std::size_t tasks = 0;
  std::size_t chunk = 1;           ///< tasks a chunk
  std::size_t argument_bytes = 0;  ///< of one task
  std::size_t result_bytes = 0;
  bool may_be_cancelled = false;  ///< workers check WorkerControl::halt before each task, not each chunk

  [[nodiscard]] std::size_t chunks() const { return (tasks + chunk - 1) / chunk; }
};

/// The number of a call with a count of chunks or tasks, packed into one word so that both change atomically.
class CallWord {
 public:
  static constexpr std::uint64_t most = 1U << 16U;

  CallWord(std::uint64_t call, std::uint64_t count) : value_(call * most + count) {}
  explicit CallWord(std::uint64_t value) : value_(value) {}

  [[nodiscard]] std::uint64_t call() const { return value_ / most; }
  [[nodiscard]] std::uint64_t count() const { return value_ % most; }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_;
};

/// A worker's record of a call, in its own memory. Its chunks are in order: all but the last have ended.
struct CallRecord {
  std::atomic<std::uint64_t> taken = 0;    ///< CallWord: number of recorded chunks
  std::atomic<std::uint64_t> started = 0;  ///< CallWord: index of the last started task, plus 1
  std::atomic<std::uint64_t> ended = 0;    ///< CallWord: index of the last ended task, plus 1
  std::atomic<int> processor = -1;         ///< the CPU on which it waits or last waited
};

/// The chunks that a worker has recorded, and the slots of its results.
struct CallResults {
  static constexpr std::size_t most_chunks = 4096;
  static constexpr std::size_t most_bytes = std::size_t{1} << 18U;

  std::array<std::atomic<std::uint16_t>, most_chunks> chunks;
  alignas(cache_line) std::array<std::byte, most_bytes> bytes{};
};

/// The program's end, which owns the memory.
class CallBoard {
 public:
  static constexpr std::size_t most_chunks = CallResults::most_chunks;
  static constexpr std::size_t most_tasks = CallWord::most / 2;
  static constexpr std::size_t most_bytes = CallResults::most_bytes;  ///< of all arguments, and of all results

  /// Throws std::system_error.
  CallBoard();
  /// In another process: the description and the arguments are read-only. Throws std::system_error.
  explicit CallBoard(const Descriptor& file);

  /// Sent to other processes; also the memory of the Doorbell.
  [[nodiscard]] const SharedMemory& memory() const { return memory_; }

  /// Whether the board has room for a call of that shape.
  [[nodiscard]] static bool fits(const CallShape& shape);

  /// The argument slots of the next call: fill them before open().
  [[nodiscard]] std::span<std::byte> arguments() const;
  /// Publishes the call to the workers. Closes the previous call.
  void open(const CallShape& shape);
  [[nodiscard]] std::uint64_t call() const { return call_; }

  /// Whether workers have counted all chunks as ended. Stays false if a worker died before it counted its chunks.
  [[nodiscard]] bool all_ended() const;
  /// From now on every worker that counts chunks rings, not only the last one.
  void hear_each_count() const;
  /// Chunks below this index are claimed or about to be claimed.
  [[nodiscard]] std::size_t reached() const;
  /// Whether a worker has claimed the chunk.
  [[nodiscard]] bool claimed(std::size_t chunk) const;
  /// Takes back an unclaimed chunk; false if it is claimed, or if its claim is overwritten.
  [[nodiscard]] bool take_back(std::size_t chunk) const;
  /// Whether a task has overwritten the claim of a chunk that was not taken back. A worker may have claimed it before;
  /// none can any more.
  [[nodiscard]] bool overwritten(std::size_t chunk) const;
  /// The time that workers have spent on the call, in nanoseconds; only a hint.
  [[nodiscard]] std::int64_t work() const;

 private:
  friend class CallTaker;

  explicit CallBoard(SharedMemory memory);

  struct Shared;
  struct Described;

  SharedMemory memory_;
  Shared* shared_;
  Described* described_;
  std::uint64_t call_ = 0;
  std::size_t chunks_ = 0;
};

/// A worker's end.
class CallTaker {
 public:
  struct Chunk {
    CallShape shape;
    std::uint64_t call = 0;
    std::size_t begin = 0;  ///< its tasks are [begin, end)
    std::size_t end = 0;
  };

  CallTaker(CallBoard board, CallRecord& record, CallResults& results);

  /// Whether there may be a free chunk; false after take() found none, until another call is opened.
  [[nodiscard]] bool open() const;

  /// Claims a chunk. Call start() and end() around each of its tasks.
  [[nodiscard]] std::optional<Chunk> take();
  [[nodiscard]] const std::byte* argument(const Chunk& chunk, std::size_t task) const;
  [[nodiscard]] std::byte* result(const Chunk& chunk, std::size_t task) const;
  void start(std::size_t task) const;
  void end(std::size_t task) const;

  /// The number of the call of the last claimed chunk.
  [[nodiscard]] std::uint64_t call() const { return call_; }

  /// Counts the chunks that have ended since the last count. Call it when no further chunk follows at once. Returns
  /// whether to wake the program: these were the last chunks of the call.
  [[nodiscard]] bool count();

 private:
  CallBoard board_;
  CallRecord& record_;
  CallResults& results_;
  std::uint64_t exhausted_ = 0;  // the last call found without a free chunk
  std::uint64_t call_ = 0;       // the call of the record
  std::size_t chunks_ = 0;       // chunks of that call
  std::size_t taken_ = 0;        // of these, recorded by this worker
  std::size_t uncounted_ = 0;
  std::int64_t since_ = 0;  // when the first uncounted one was claimed
};

}  // namespace processes
