// The tasks of one call: their arguments, and their outcomes as they arrive.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <map>
#include <vector>

#include "processes/workers/worker.hpp"

namespace processes {

/// What holds for all tasks of a call.
struct CallTerms {
  std::chrono::nanoseconds deadline{0};  ///< of one task, 0 is none
  std::size_t first = 0;                 ///< what errors call its first task
  bool may_be_cancelled = false;
};

/// Guarded by the lock of its Dispatcher until it is resolved, and constant from then on: who finds it resolved, with
/// or without the lock, sees all outcomes. Every task is resolved exactly once, with a result or an error, so the batch
/// is too.
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
  /// To be called once a weak pointer to its Dispatcher has expired, which had resolved all its batches, but for
  /// those that a forked child has a copy of: from now on this thread sees what it had done.
  void see_resolved() const;

  /// Before it is submitted.
  void set_terms(const CallTerms& terms);
  [[nodiscard]] const CallTerms& terms() const { return terms_; }
  /// What errors call a task: its place among all those that its call is a part of.
  [[nodiscard]] std::size_t position(std::size_t index) const { return terms_.first + index; }

  /// From now on no task's arguments may be put: what they refer to may be gone.
  void abandon() { abandoned_ = true; }
  [[nodiscard]] bool abandoned() const { return abandoned_; }

  /// Puts the arguments of a task; the same ones however often it is asked.
  virtual void encode(std::size_t index, Encoder& arguments) const = 0;

  /// What its tasks have in common, if they are such that arguments and results have places of their own on a board
  /// (transport/call_board.hpp); without a function to run if they are not. Tasks a chunk are 1.
  [[nodiscard]] virtual CallShape shape() const { return {}; }
  /// Puts all arguments at their places.
  virtual void place(std::byte* /*arguments*/) const {}

  /// Resolves the tasks in [begin, end) that are not with Cancelled, and nothing else any more; whether there was one.
  bool cancel(std::size_t begin, std::size_t end);
  /// Whether the task was; what comes of it is dropped.
  [[nodiscard]] bool cancelled(std::size_t index) const { return !cancelled_.empty() && cancelled_[index]; }

  /// Resolves the task with the result that the decoder holds; with the exception that taking it throws, if it does.
  void succeed(std::size_t index, Decoder& result) noexcept;
  void fail(std::size_t index, std::exception_ptr error);

  /// By index, those that failed.
  [[nodiscard]] const std::map<std::size_t, std::exception_ptr>& errors() const { return errors_; }

  /// Throws std::logic_error before it is resolved, else the error of the lowest index if there is one.
  void check() const;

 private:
  /// Takes the result of a task and keeps it.
  virtual void store(std::size_t index, Decoder& result) = 0;
  void note_resolved(std::size_t index);

  Runner runner_;
  ErasedFunction function_;
  std::size_t tasks_;
  std::atomic<std::size_t> open_;  // tasks that are not resolved
  CallTerms terms_;
  bool abandoned_ = false;
  std::vector<bool> resolved_;   // by task, of a call that may be cancelled
  std::vector<bool> cancelled_;  // by task, once one was
  std::map<std::size_t, std::exception_ptr> errors_;
};

}  // namespace processes
