// The tasks of one call, for all workers of a pool at once: described once, taken by whoever is free, results in place.
// It saves a short call what messages cost: nothing is encoded, and nobody is woken who does not sleep.
//
//   one file a pool, CallBoard
//   │ doorbell │ next, ended │ claims │   written by all: who takes what
//   │ description │ arguments │           written by the program, only read by workers
//   and a worker, in the memory that it alone shares with the program
//   │ CallRecord, chunks taken │ results │
//
// A worker takes a chunk of tasks: it adds one to `next`, notes the chunk in its record, and claims it by an exchange
// of the chunk's claim from free to claimed. What it notes of each task there is what blame is made of: a worker that
// dies has noted the chunk that it held, and which of its tasks it had started and ended. A chunk whose taker died
// before it could claim it is still free; the program takes it back by the same exchange, so every chunk goes to
// exactly one.
//
// Every word holds the number of the call that it belongs to. So what is left of an earlier call, and nearly anything
// that a task writes there by mistake, is a claim of nobody and a record of nothing: the program goes by the records,
// and a task reaches those of its own worker only.
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

/// Nanoseconds of the steady clock.
inline std::int64_t steady_now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

/// Executes a task of a call: from the bytes of its argument to the bytes of its result, both at their places. Before
/// it writes these it calls `check`, which does not return in a child that the task has forked.
using InPlace = void (*)(void (*function)(), const std::byte* argument, std::byte* result, void (*check)());

/// What the tasks of a call have in common.
struct CallShape {
  InPlace run = nullptr;
  void (*function)() = nullptr;
  std::size_t tasks = 0;
  std::size_t chunk = 1;           ///< tasks that one worker takes at once
  std::size_t argument_bytes = 0;  ///< of one
  std::size_t result_bytes = 0;
  bool may_be_cancelled = false;  ///< so that a worker heeds WorkerControl::halt as each task starts, not each chunk

  [[nodiscard]] std::size_t chunks() const { return (tasks + chunk - 1) / chunk; }
};

/// The number of a call, and something counted in it: chunks or tasks, up to the end of one. In one word, so that both
/// change at once.
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

/// What a worker notes of a call, in its own memory. Its chunks are in order: all but the last have ended.
struct CallRecord {
  std::atomic<std::uint64_t> taken = 0;    ///< CallWord: chunks noted
  std::atomic<std::uint64_t> started = 0;  ///< CallWord: one more than the task that was started last
  std::atomic<std::uint64_t> ended = 0;    ///< the same of the task that ended last
  std::atomic<int> processor = -1;         ///< that it waits on, or waited on last
};

/// What workers note of the chunks that they take, and where their results go.
struct CallResults {
  static constexpr std::size_t most_chunks = 4096;
  static constexpr std::size_t most_bytes = std::size_t{1} << 18U;

  std::array<std::atomic<std::uint16_t>, most_chunks> chunks;
  alignas(cache_line) std::array<std::byte, most_bytes> bytes{};
};

/// The program's half, and the memory.
class CallBoard {
 public:
  static constexpr std::size_t most_chunks = CallResults::most_chunks;
  static constexpr std::size_t most_tasks = CallWord::most / 2;
  static constexpr std::size_t most_bytes = CallResults::most_bytes;  ///< of all arguments, and of all results

  /// Throws std::system_error.
  CallBoard();
  /// Another process's, which only reads what the program alone writes. Throws std::system_error.
  explicit CallBoard(const Descriptor& file);

  /// To be sent to another process, and to make the Doorbell of.
  [[nodiscard]] const SharedMemory& memory() const { return memory_; }

  /// Whether a call of that shape has room.
  [[nodiscard]] static bool fits(const CallShape& shape);

  /// Where the next call's arguments are put, before open().
  [[nodiscard]] std::span<std::byte> arguments() const;
  /// From now on workers take its chunks. The call before is closed.
  void open(const CallShape& shape);
  [[nodiscard]] std::uint64_t call() const { return call_; }

  /// Whether all its chunks have ended, as workers count them; never, if one died before it had counted its own.
  [[nodiscard]] bool all_ended() const;
  /// From now on every worker that counts chunks rings, whether they are the last ones or not.
  void hear_each_count() const;
  /// The chunks before this one were taken, or their takers are about to claim them.
  [[nodiscard]] std::size_t reached() const;
  /// Whether a worker has claimed the chunk.
  [[nodiscard]] bool claimed(std::size_t chunk) const;
  /// Takes a chunk that no worker has claimed; false if one has, or if that is not known.
  [[nodiscard]] bool take_back(std::size_t chunk) const;
  /// Whether the claim of a chunk that was not taken back says nothing: a worker had claimed it, or nobody can any
  /// more.
  [[nodiscard]] bool overwritten(std::size_t chunk) const;
  /// What workers have spent on the call, in nanoseconds: a hint.
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

/// A worker's half.
class CallTaker {
 public:
  struct Chunk {
    CallShape shape;
    std::uint64_t call = 0;
    std::size_t begin = 0;  ///< its tasks
    std::size_t end = 0;
  };

  CallTaker(CallBoard board, CallRecord& record, CallResults& results);

  /// Whether there may be a chunk to take: not from when there was none until another call is opened.
  [[nodiscard]] bool open() const;

  /// Takes a chunk, whose tasks are to be executed each between start() and end().
  [[nodiscard]] std::optional<Chunk> take();
  [[nodiscard]] const std::byte* argument(const Chunk& chunk, std::size_t task) const;
  [[nodiscard]] std::byte* result(const Chunk& chunk, std::size_t task) const;
  void start(std::size_t task) const;
  void end(std::size_t task) const;

  /// The number of the call that it took a chunk of last.
  [[nodiscard]] std::uint64_t call() const { return call_; }

  /// Counts the chunks that have ended since it was called last; to be called when no other one follows at once.
  /// Whether the program is to hear of it: they were the last ones of the call.
  [[nodiscard]] bool count();

 private:
  CallBoard board_;
  CallRecord& record_;
  CallResults& results_;
  std::uint64_t exhausted_ = 0;  // the last call that had nothing left
  std::uint64_t call_ = 0;       // that the record is of
  std::size_t chunks_ = 0;       // of that call
  std::size_t taken_ = 0;        // of these, by this worker
  std::size_t uncounted_ = 0;
  std::int64_t since_ = 0;  // when the first uncounted one was taken
};

}  // namespace processes
