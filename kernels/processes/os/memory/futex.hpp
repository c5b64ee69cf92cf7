// Sleeping on a word in shared memory by futex(2), which needs no descriptor that a task could close.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace processes {

namespace futex {

bool wait(const void* word, std::uint32_t value, std::chrono::nanoseconds longest) noexcept;
void wake(const void* word) noexcept;

}  // namespace futex

/// Sleeps while the word has that value, until another thread or process wakes it, for at most `longest`; may wake
/// spuriously. False on timeout. Not a cancellation point.
template <class T>
bool sleep_on(const std::atomic<T>& word, T value, std::chrono::nanoseconds longest) noexcept {
  static_assert(sizeof(std::atomic<T>) == sizeof(std::uint32_t) && std::atomic<T>::is_always_lock_free);
  return futex::wait(&word, static_cast<std::uint32_t>(value), longest);
}

/// Wakes all that sleep on the word. Change its value first.
template <class T>
void wake_all(const std::atomic<T>& word) noexcept {
  static_assert(sizeof(std::atomic<T>) == sizeof(std::uint32_t));
  futex::wake(&word);
}

}  // namespace processes
