// The errors of a pool's tasks, as types.
#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <stdexcept>
#include <string>

#include "processes/os/process.hpp"

namespace processes {

/// The base of all errors of a pool's tasks. A pool's constructor throws other types.
class PoolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A pointer to an error of that type; to std::bad_alloc if there is no memory for it.
template <class Error, class... Given>
std::exception_ptr make_error(const Given&... given) noexcept {
  try {
    return std::make_exception_ptr(Error(given...));
  } catch (...) {
    return std::current_exception();
  }
}

/// A task threw an exception. Its worker goes on. what() has the type, the index and the message.
class TaskError : public PoolError {
 public:
  TaskError(std::size_t task, std::string exception_type, std::string exception_message);

  std::size_t index;    ///< index of the item in map, 0 for apply
  std::string type;     ///< of the exception, demangled
  std::string message;  ///< its what(); empty if it is not a std::exception
};

/// A worker ended while it ran the task. The task may have had side effects. It was started once, unless the pool
/// retries tasks.
class WorkerLost : public PoolError {
 public:
  WorkerLost(std::size_t task, ExitStatus worker_status, int times = 1);

  std::size_t index;  ///< as in TaskError
  ExitStatus status;  ///< of the last worker
  int attempts;       ///< how often it was started; its worker ended each time. 0: workers ended before they started it
};

/// A task ran past its deadline, and its worker was killed.
class DeadlineExceeded : public PoolError {
 public:
  DeadlineExceeded(std::size_t task, std::chrono::nanoseconds deadline);

  std::size_t index;  ///< as in TaskError
};

/// The arguments of a task exceed the pool's message_limit. The task was not started.
class MessageTooLarge : public PoolError {
 public:
  MessageTooLarge(std::size_t task, std::size_t size, std::size_t limit);

  std::size_t index;  ///< as in TaskError
};

/// This process, or the worker, has no address space for a task's arguments or its result.
class OutOfAddressSpace : public PoolError {
 public:
  OutOfAddressSpace(std::size_t task, const std::string& what, std::size_t bytes);

  std::size_t index;  ///< as in TaskError
};

/// The task was cancelled before it ended.
class Cancelled : public PoolError {
 public:
  explicit Cancelled(std::size_t task);

  std::size_t index;  ///< as in TaskError
};

/// There was no result within a caller's timeout. The call is still running.
class TimedOut : public PoolError {
 public:
  explicit TimedOut(std::chrono::nanoseconds timeout);
};

/// The pool was closed, terminated or destroyed, or can start no worker, before the task ended.
class PoolClosed : public PoolError {
 public:
  using PoolError::PoolError;
};

}  // namespace processes
