// Sleeping on a word that several processes share: futex(2), which needs no descriptor that somebody could close.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace processes {

namespace futex {

bool wait(const void* word, std::uint32_t value, std::chrono::nanoseconds longest) noexcept;
void wake(const void* word) noexcept;

}  // namespace futex

/// Sleeps while the word has that value, until somebody wakes who sleeps on it, and at most so long; it may also end
/// for no reason. False once the time is over. No cancellation point.
template <class T>
bool sleep_on(const std::atomic<T>& word, T value, std::chrono::nanoseconds longest) noexcept {
  static_assert(sizeof(std::atomic<T>) == sizeof(std::uint32_t) && std::atomic<T>::is_always_lock_free);
  return futex::wait(&word, static_cast<std::uint32_t>(value), longest);
}

/// Wakes whoever sleeps on the word, which has another value by now.
template <class T>
void wake_all(const std::atomic<T>& word) noexcept {
  static_assert(sizeof(std::atomic<T>) == sizeof(std::uint32_t));
  futex::wake(&word);
}

}  // namespace processes
