// What can go wrong with a task, as types that a caller can tell apart.
#pragma once

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>

#include "processes/os/process.hpp"

namespace processes {

/// What all errors of a pool's tasks are. What a constructor of a pool throws is none.
class PoolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A task threw an exception in its worker, which lives on. what() holds the type, the index and the message.
class TaskError : public PoolError {
 public:
  TaskError(std::size_t task, std::string exception_type, std::string exception_message);

  std::size_t index;    ///< position of the item in map, 0 for apply
  std::string type;     ///< of the exception, demangled
  std::string message;  ///< its what(), unchanged; empty if it was no std::exception
};

/// A worker ended while it ran the task. Whether the task had effects before is not known; unless the pool may retry
/// tasks, it was started once.
class WorkerLost : public PoolError {
 public:
  WorkerLost(std::size_t task, ExitStatus worker_status, int times = 1);

  std::size_t index;  ///< as in TaskError
  ExitStatus status;  ///< of the worker that the last attempt ended
  int attempts;       ///< how often the task was started; each time its worker ended. 0: workers ended as they took it
};

/// A task ran longer than its deadline, and its worker was killed for it.
class DeadlineExceeded : public PoolError {
 public:
  DeadlineExceeded(std::size_t task, std::chrono::nanoseconds deadline);

  std::size_t index;  ///< as in TaskError
};

/// The arguments of a task are more than the pool's message_limit. The task was not started.
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

/// The task was cancelled before it had ended.
class Cancelled : public PoolError {
 public:
  explicit Cancelled(std::size_t task);

  std::size_t index;  ///< as in TaskError
};

/// The result was not there in the time that a caller would wait for it. The call goes on.
class TimedOut : public PoolError {
 public:
  explicit TimedOut(std::chrono::nanoseconds timeout);
};

/// The pool was closed, terminated or destroyed, or can start no worker, before the task had ended.
class PoolClosed : public PoolError {
 public:
  using PoolError::PoolError;
};

}  // namespace processes
