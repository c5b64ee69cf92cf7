// The lock of a Dispatcher, and cancellation of threads that sleep without it.
#pragma once

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "processes/os/not_cancelled.hpp"
#include "processes/pool/dispatcher.hpp"

namespace processes {

/// The longest time until an event without a wake-up is noticed.
inline constexpr std::chrono::milliseconds longest_without_look{100};

class Dispatcher::Lock {
 public:
  explicit Lock(Dispatcher& dispatcher) : dispatcher_(dispatcher), lock_(dispatcher.mutex_, std::defer_lock) {
    if (dispatcher.owner_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
      throw std::logic_error(
          "a pool was called while it encodes an argument or decodes a result: serialize() of a value, and its "
          "destructor, must not call the pool that sends the value");
    }
    lock();
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() {
    if (lock_.owns_lock()) unlock();
  }

  /// A thread that spins with the lock releases it then, also for one whose wait has ended by a timeout.
  void lock() {
    if (!lock_.try_lock()) {
      ++dispatcher_.entering_;
      lock_.lock();
      --dispatcher_.entering_;
    }
    own();
  }
  /// For a thread that has just let another one in, which may spin as well: neither makes the other release the lock.
  void lock_after_others() {
    lock_.lock();
    own();
  }
  void unlock() {
    disown();
    lock_.unlock();
  }
  /// Waits without the lock until a notification or `end`.
  void wait(std::condition_variable_any& changed, Clock::time_point end = Clock::time_point::max()) {
    if (end == Clock::time_point::max()) {
      changed.wait(*this);
    } else {
      changed.wait_until(*this, end);
    }
  }

 private:
  friend Driving;
  friend Following;

  void own() { dispatcher_.owner_.store(std::this_thread::get_id(), std::memory_order_relaxed); }
  void disown() { dispatcher_.owner_.store(std::thread::id(), std::memory_order_relaxed); }

  Dispatcher& dispatcher_;
  NotCancelled not_cancelled_;
  std::unique_lock<std::mutex> lock_;
};

/// pthread_cancel(3) may end a thread in either; other threads do not notice.
class Dispatcher::Driving {
 public:
  Driving(Dispatcher& dispatcher, Lock& lock) : dispatcher_(dispatcher), lock_(lock) {
    dispatcher_.driven_ = true;
    lock_.unlock();
  }
  Driving(const Driving&) = delete;
  Driving& operator=(const Driving&) = delete;
  ~Driving() {
    NotCancelled::disable();
    lock_.lock();
    dispatcher_.driven_ = false;
    dispatcher_.doorbell_.awake();
    if (dispatcher_.sleepers_ > 0 || dispatcher_.terminating_) dispatcher_.changed_->notify_all();
  }

  void sleep(std::chrono::nanoseconds longest) const {
    static_cast<void>(dispatcher_.doorbell_.sleep(longest));
    lock_.not_cancelled_.restore();
    pthread_testcancel();
    NotCancelled::disable();
  }

 private:
  Dispatcher& dispatcher_;
  Lock& lock_;
};

class Dispatcher::Following {
 public:
  Following(Dispatcher& dispatcher, Lock& lock) : dispatcher_(dispatcher), lock_(lock) { ++dispatcher_.sleepers_; }
  Following(const Following&) = delete;
  Following& operator=(const Following&) = delete;
  ~Following() {
    NotCancelled::disable();
    lock_.own();
    --dispatcher_.sleepers_;
  }

  void sleep(Clock::time_point end) {
    lock_.not_cancelled_.restore();
    lock_.wait(*dispatcher_.changed_, end);
  }

 private:
  Dispatcher& dispatcher_;
  Lock& lock_;
};

}  // namespace processes
