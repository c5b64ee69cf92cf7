// Results of calls that may still be running.
#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "processes/pool/calls/call_batch.hpp"
#include "processes/pool/dispatcher.hpp"
#include "processes/pool/errors.hpp"

namespace processes {

template <class Future>
class Completed;

/// The result of a call that may still be running. It may outlive its pool. `Stored` is the type in which the batch
/// stores `Given`.
template <class Given, class Stored>
class BasicFuture {
 public:
  BasicFuture(std::weak_ptr<Dispatcher> dispatcher, std::shared_ptr<ResultBatch<Stored>> batch)
      : dispatcher_(std::move(dispatcher)), batch_(std::move(batch)) {}

  /// Whether get() would return or throw without waiting.
  [[nodiscard]] bool ready() {
    const auto dispatcher = dispatcher_.lock();
    if (dispatcher) return dispatcher->resolved(*batch_);
    batch_->see_resolved();
    return true;
  }

  void wait() {
    if (const auto dispatcher = dispatcher_.lock()) {
      dispatcher->wait(*batch_);
    } else {
      batch_->see_resolved();
    }
  }
  /// Waits for at most `timeout`; returns ready().
  bool wait_for(std::chrono::nanoseconds timeout) {
    const auto dispatcher = dispatcher_.lock();
    if (dispatcher) return dispatcher->wait(*batch_, timeout);
    batch_->see_resolved();
    return true;
  }

  /// Waits for the result. Throws a PoolError (TaskError, WorkerLost, DeadlineExceeded, MessageTooLarge,
  /// OutOfAddressSpace, Cancelled, PoolClosed), an exception of PoolOptions::rethrown, what decoding the result threw,
  /// or std::bad_alloc. Of several errors, it throws that of the lowest index. May be called again, except for a
  /// move-only result: then std::logic_error.
  Given get() {
    wait();
    return given();
  }
  /// The same, but throws TimedOut if there is no result after `timeout`. The call goes on.
  Given get(std::chrono::nanoseconds timeout) {
    if (!wait_for(timeout)) throw TimedOut(timeout);
    return given();
  }

  /// Cancels all tasks that have not ended: they end with Cancelled. A task that was not sent never starts. A running
  /// task is killed with its worker and its child processes, and the pool starts another worker. A task that is queued
  /// in a worker's chunk is killed once it starts: within 100 ms while work advances. False if all tasks had ended.
  bool cancel() { return cancel(0, std::numeric_limits<std::size_t>::max()); }

 protected:
  template <class Future>
  friend class Completed;

  bool cancel(std::size_t begin, std::size_t end) {
    const auto dispatcher = dispatcher_.lock();
    return dispatcher && dispatcher->cancel(*batch_, begin, end);
  }

  std::weak_ptr<Dispatcher> dispatcher_;
  std::shared_ptr<ResultBatch<Stored>> batch_;

 private:
  Given given() {
    if constexpr (std::is_void_v<Given>) {
      batch_->check();
    } else {
      return batch_->result();
    }
  }
};

/// The counterpart of multiprocessing.pool.AsyncResult.
template <class Result>
using Future = BasicFuture<Result, Kept<Result>>;

/// What a map over tasks with that result returns: void if the tasks return void.
template <class Result>
using Mapped = std::conditional_t<std::is_void_v<Result>, void, std::vector<Kept<Result>>>;

/// The results of a map that may still be running.
template <class Result>
class MapFuture : public BasicFuture<Mapped<Result>, std::vector<Kept<Result>>> {
 public:
  using Base = BasicFuture<Mapped<Result>, std::vector<Kept<Result>>>;

  MapFuture(std::weak_ptr<Dispatcher> dispatcher, std::shared_ptr<ItemsBatch<Kept<Result>>> batch)
      : Base(std::move(dispatcher), std::move(batch)) {}

  /// Waits for all tasks; returns the value or the error of each, in order.
  std::vector<Outcome<Kept<Result>>> outcomes() {
    this->wait();
    return static_cast<ItemsBatch<Kept<Result>>&>(*this->batch_).outcomes();
  }

  using Base::cancel;
  /// Cancels one task, by the index of its item.
  bool cancel(std::size_t index) { return Base::cancel(index, index + 1); }
};

}  // namespace processes
