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

/// The result of a call that may still be running. It may outlive its pool. `Stored` is what the batch keeps of
/// `Given`.
template <class Given, class Stored>
class BasicFuture {
 public:
  BasicFuture(std::weak_ptr<Dispatcher> dispatcher, std::shared_ptr<ResultBatch<Stored>> batch)
      : dispatcher_(std::move(dispatcher)), batch_(std::move(batch)) {}

  /// Whether get() would return or throw at once.
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
  /// Whether it is ready(), at the latest after so long.
  bool wait_for(std::chrono::nanoseconds timeout) {
    const auto dispatcher = dispatcher_.lock();
    if (dispatcher) return dispatcher->wait(*batch_, timeout);
    batch_->see_resolved();
    return true;
  }

  /// Waits for the result. Throws a PoolError (TaskError, WorkerLost, DeadlineExceeded, MessageTooLarge,
  /// OutOfAddressSpace, Cancelled, PoolClosed), an exception of PoolOptions::rethrown, or what taking the result threw:
  /// of several errors, that of the lowest index. May be called again, but for a result that cannot be copied, which is
  /// there once: std::logic_error.
  Given get() {
    wait();
    return given();
  }
  /// The same, but after so long without a result TimedOut, and the call goes on.
  Given get(std::chrono::nanoseconds timeout) {
    if (!wait_for(timeout)) throw TimedOut(timeout);
    return given();
  }

  /// Tasks that have not ended end with Cancelled. One that no worker has been given never starts; one that runs is
  /// killed with its worker and what it has started, and another worker begins. One that waits in a worker's chunk is
  /// killed once it has started, within 100 ms while work advances. False if all had ended.
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

/// The counterpart of AsyncResult.
template <class Result>
using Future = BasicFuture<Result, Kept<Result>>;

/// What a map of tasks with that result gives: nothing, if they give nothing.
template <class Result>
using Mapped = std::conditional_t<std::is_void_v<Result>, void, std::vector<Kept<Result>>>;

/// The results of a map that may still be running.
template <class Result>
class MapFuture : public BasicFuture<Mapped<Result>, std::vector<Kept<Result>>> {
 public:
  using Base = BasicFuture<Mapped<Result>, std::vector<Kept<Result>>>;

  MapFuture(std::weak_ptr<Dispatcher> dispatcher, std::shared_ptr<ItemsBatch<Kept<Result>>> batch)
      : Base(std::move(dispatcher), std::move(batch)) {}

  /// Waits for all tasks, and gives the value or the error of each, in their order.
  std::vector<Outcome<Kept<Result>>> outcomes() {
    this->wait();
    return static_cast<ItemsBatch<Kept<Result>>&>(*this->batch_).outcomes();
  }

  using Base::cancel;
  /// The task of that item alone.
  bool cancel(std::size_t index) { return Base::cancel(index, index + 1); }
};

}  // namespace processes
