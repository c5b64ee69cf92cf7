// Results of a call, one by one as they arrive.
#pragma once

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "processes/pool/calls/future.hpp"

namespace processes {

/// Makes next() usable as a range: for (auto& value : range). Single pass; begins where next() is.
template <class Range, class Value>
class EachNext {
 public:
  class Iterator {
   public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    explicit Iterator(Range* range) : range_(range) { ++*this; }
    [[nodiscard]] Value& operator*() const { return *range_->current_; }
    Iterator& operator++() {
      range_->current_ = range_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    [[nodiscard]] bool operator==(std::default_sentinel_t) const { return !range_->current_; }

   private:
    Range* range_;
  };

  [[nodiscard]] Iterator begin() { return Iterator(static_cast<Range*>(this)); }
  [[nodiscard]] static std::default_sentinel_t end() { return std::default_sentinel; }

 private:
  friend Range;
  EachNext() = default;

  std::optional<Value> current_;
};

/// The results of imap and imap_unordered. Reading them submits further tasks: close the pool after the last one.
/// Destroying it cancels the remaining tasks.
template <class Result>
class Results : public EachNext<Results<Result>, Kept<Result>> {
 public:
  using Value = Kept<Result>;
  /// Submits the next chunk, whose first task has that position; returns null after the last item.
  using Submit = std::function<std::shared_ptr<ItemsBatch<Value>>(std::size_t position)>;

  /// `chunk` and `window` in tasks; a chunk is no larger than the window.
  Results(std::weak_ptr<Dispatcher> dispatcher, Submit submit, std::size_t chunk, std::size_t window, bool ordered)
      : dispatcher_(std::move(dispatcher)),
        submit_(std::move(submit)),
        most_before_a_chunk_(window - chunk),
        ordered_(ordered) {}
  Results(Results&&) = default;
  Results& operator=(Results&&) = delete;
  ~Results() {
    try {
      for (const auto& batch : on_their_way_) {
        if (const auto dispatcher = dispatcher_.lock()) dispatcher->cancel(*batch, 0, batch->tasks());
      }
    } catch (const std::exception&) {
      // In a forked child the tasks belong to the parent; without memory they run to their end.
    }
  }

  /// Waits for the next result; returns nothing after the last one. Throws a task's error as Future::get() does; call
  /// it again for the results after that. If the pool is closed, it returns the results of all submitted tasks first,
  /// then throws PoolClosed once.
  std::optional<Value> next() {
    if (returned_ == taken_.size()) take();
    if (returned_ == taken_.size()) return std::nullopt;
    Outcome<Value> outcome = std::move(taken_[returned_++]);
    if (outcome.error) std::rethrow_exception(outcome.error);
    return std::move(outcome.value);
  }

 private:
  void take() {
    while (!ended_ && submitted_ - read_ <= most_before_a_chunk_) {
      auto& batch = on_their_way_.emplace_back();  // first: what was submitted must not be lost
      try {
        batch = submit_(submitted_);
      } catch (const PoolClosed&) {
        on_their_way_.pop_back();
        if (!on_their_way_.empty()) break;  // first return the results of submitted tasks
        ended_ = true;
        throw;
      } catch (...) {
        on_their_way_.pop_back();
        throw;
      }
      if (!batch) {
        on_their_way_.pop_back();
        ended_ = true;
        break;
      }
      submitted_ += batch->tasks();
    }
    if (on_their_way_.empty()) return;
    std::size_t first = 0;
    if (const auto dispatcher = dispatcher_.lock()) {
      std::vector<const Batch*> awaited;
      for (const auto& batch : on_their_way_) {
        awaited.push_back(batch.get());
        if (ordered_) break;
      }
      first = dispatcher->wait_for_any(awaited);
    }
    const auto batch = on_their_way_.begin() + static_cast<std::ptrdiff_t>(first);
    (*batch)->see_resolved();
    taken_ = (*batch)->outcomes();
    returned_ = 0;
    read_ += taken_.size();
    on_their_way_.erase(batch);
  }

  std::weak_ptr<Dispatcher> dispatcher_;
  Submit submit_;
  std::size_t most_before_a_chunk_;  // tasks in the window, so that another chunk fits
  bool ordered_;
  bool ended_ = false;
  std::size_t submitted_ = 0;
  std::size_t read_ = 0;
  std::deque<std::shared_ptr<ItemsBatch<Value>>> on_their_way_;
  std::vector<Outcome<Value>> taken_;  // of one batch
  std::size_t returned_ = 0;           // of these
};

/// Futures in the order in which they become ready; see as_completed().
template <class Future>
class Completed : public EachNext<Completed<Future>, Future> {
 public:
  explicit Completed(std::vector<Future> futures) : futures_(std::move(futures)) {
    for (const Future& future : futures_) {
      const auto its = future.dispatcher_.lock();
      if (!its) continue;
      if (dispatcher_.lock() && dispatcher_.lock() != its) {
        throw std::invalid_argument("as_completed got futures of several pools: call it for each pool separately");
      }
      dispatcher_ = its;
    }
  }

  /// Waits for the next future to become ready; returns nothing after the last one. get() of that future does not wait.
  std::optional<Future> next() {
    if (futures_.empty()) return std::nullopt;
    std::size_t first = 0;
    if (const auto dispatcher = dispatcher_.lock()) {
      std::vector<const Batch*> awaited;
      for (const Future& future : futures_) awaited.push_back(future.batch_.get());
      first = dispatcher->wait_for_any(awaited);
    }
    std::optional<Future> found(std::move(futures_[first]));
    futures_.erase(futures_.begin() + static_cast<std::ptrdiff_t>(first));
    return found;
  }

 private:
  std::vector<Future> futures_;
  std::weak_ptr<Dispatcher> dispatcher_;
};

/// The futures of one pool, of single tasks or of maps, in the order in which they become ready:
/// for (auto& future : as_completed(futures)).
template <class Future>
Completed<Future> as_completed(std::vector<Future> futures) {
  return Completed<Future>(std::move(futures));
}

}  // namespace processes
