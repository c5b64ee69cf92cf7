// The tasks of one call: their arguments and their outcomes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <limits>
#include <map>
#include <vector>

#include "processes/workers/worker.hpp"

namespace processes {

/// Options that apply to all tasks of a call.
struct CallTerms {
  std::chrono::nanoseconds deadline{0};  ///< of each task; 0: none
  std::size_t first = 0;                 ///< index of the first task in error messages
  bool may_be_cancelled = false;
};

/// The Dispatcher's lock guards a batch until it is resolved. From then on it is immutable: a thread that finds it
/// resolved, with or without the lock, sees all outcomes. Every task is resolved exactly once, with a result or an
/// error.
class Batch {
 public:
  Batch(Runner run, ErasedFunction called, std::size_t size)
      : runner_(run), function_(called), tasks_(size), open_(size) {}
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  virtual ~Batch() = default;

  [[nodiscard]] Runner runner() const { return runner_; }
  [[nodiscard]] ErasedFunction function() const { return function_; }
  [[nodiscard]] std::size_t tasks() const { return tasks_; }
  [[nodiscard]] bool resolved() const { return open_.load(std::memory_order_acquire) == 0; }
  /// Call it after a weak pointer to the Dispatcher has expired: makes all that the Dispatcher wrote visible to this
  /// thread. A Dispatcher resolves all its batches before it goes; only the copies in a forked child stay unresolved.
  void see_resolved() const;

  /// Call it before submit().
  void set_terms(const CallTerms& terms);
  [[nodiscard]] const CallTerms& terms() const { return terms_; }
  /// The index of a task in error messages: its position in the whole call, of which this batch may be a part.
  [[nodiscard]] std::size_t position(std::size_t index) const { return terms_.first + index; }

  /// Forbids any further encode(): what the arguments refer to may be gone.
  void abandon() { abandoned_ = true; }
  [[nodiscard]] bool abandoned() const { return abandoned_; }

  /// Encodes the arguments of a task; gives the same bytes each time.
  virtual void encode(std::size_t index, Encoder& arguments) const = 0;

  /// Describes the tasks if their arguments and results have fixed slots on the board (transport/call_board.hpp).
  /// Otherwise `run` is null. `chunk` is 1.
  [[nodiscard]] virtual CallShape shape() const { return {}; }
  /// Copies all arguments to their slots.
  virtual void place(std::byte* /*arguments*/) const {}

  /// Resolves the unresolved tasks in [begin, end) with Cancelled; later outcomes of these are dropped. True if there
  /// was one.
  bool cancel(std::size_t begin, std::size_t end);
  /// Whether the task was cancelled.
  [[nodiscard]] bool cancelled(std::size_t index) const { return !cancelled_.empty() && cancelled_[index]; }

  /// Resolves the task with the decoded result, or with the exception that decoding throws.
  void succeed(std::size_t index, Decoder& result) noexcept;
  /// Resolves the task with that error. Without memory to keep it, the error is std::bad_alloc.
  void fail(std::size_t index, std::exception_ptr error) noexcept;

  /// Why a task that is resolved without a result has none; null if it has not failed.
  [[nodiscard]] std::exception_ptr error(std::size_t index) const;

  /// Throws std::logic_error if the batch is not resolved, else the error of the lowest index if there is one.
  void check() const;

 private:
  /// Decodes and stores the result of a task.
  virtual void store(std::size_t index, Decoder& result) = 0;
  void note_resolved(std::size_t index) noexcept;

  Runner runner_;
  ErasedFunction function_;
  std::size_t tasks_;
  std::atomic<std::size_t> open_;  // unresolved tasks
  CallTerms terms_;
  bool abandoned_ = false;
  std::vector<bool> resolved_;   // by task; empty unless the call may be cancelled
  std::vector<bool> cancelled_;  // by task; empty until one is cancelled
  std::map<std::size_t, std::exception_ptr> errors_;
  /// From this task on, one without a result and without an error in the map has failed: there was no memory to say so.
  std::size_t first_unsaid_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace processes
