#include "processes/pool/batch.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "processes/pool/errors.hpp"

namespace processes {

void Batch::set_terms(const CallTerms& terms) {
  terms_ = terms;
  if (terms.may_be_cancelled) resolved_.resize(tasks_);
}

bool Batch::cancel(std::size_t begin, std::size_t end) {
  bool any = false;
  if (resolved_.empty()) return false;
  for (std::size_t index = begin; index < std::min(end, tasks_); ++index) {
    if (resolved_[index]) continue;
    if (cancelled_.empty()) cancelled_.resize(tasks_);
    fail(index, std::make_exception_ptr(Cancelled(position(index))));
    cancelled_[index] = true;
    any = true;
  }
  return any;
}

void Batch::succeed(std::size_t index, Decoder& result) noexcept {
  if (cancelled(index)) return;
  try {
    store(index, result);
    note_resolved(index);
  } catch (...) {
    fail(index, std::current_exception());
  }
}

void Batch::fail(std::size_t index, std::exception_ptr error) {
  if (cancelled(index)) return;
  errors_.emplace(index, std::move(error));
  note_resolved(index);
}

void Batch::note_resolved(std::size_t index) {
  if (!resolved_.empty()) resolved_[index] = true;
  // No atomic read-modify-write is needed: only the thread that holds the lock writes.
  open_.store(open_.load(std::memory_order_relaxed) - 1, std::memory_order_release);
}

void Batch::see_resolved() const {
  // The pointer's reference count was read without ordering. The thread that dropped the last reference had released.
  std::atomic_thread_fence(std::memory_order_acquire);
  static_cast<void>(resolved());  // ThreadSanitizer does not model fences: this load means the same to it
}

void Batch::check() const {
  if (!resolved()) throw std::logic_error("a result was taken before the batch was resolved: wait for it first");
  if (!errors_.empty()) std::rethrow_exception(errors_.begin()->second);
}

}  // namespace processes
