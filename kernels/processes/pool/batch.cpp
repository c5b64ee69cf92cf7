#include "processes/pool/batch.hpp"

#include <algorithm>
#include <new>
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
    fail(index, make_error<Cancelled>(position(index)));
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

void Batch::fail(std::size_t index, std::exception_ptr error) noexcept {
  if (cancelled(index)) return;
  try {
    errors_.emplace(index, std::move(error));
  } catch (const std::bad_alloc&) {
    first_unsaid_ = std::min(first_unsaid_, index);
  }
  note_resolved(index);
}

std::exception_ptr Batch::error(std::size_t index) const {
  const auto found = errors_.find(index);
  if (found != errors_.end()) return found->second;
  return index < first_unsaid_ ? nullptr : std::make_exception_ptr(std::bad_alloc());
}

void Batch::note_resolved(std::size_t index) noexcept {
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
  const auto first = errors_.begin();
  if (first != errors_.end() && first->first < first_unsaid_) std::rethrow_exception(first->second);
  if (first_unsaid_ < tasks_) throw std::bad_alloc();
}

}  // namespace processes
