// What can go wrong with a task, as types that a caller can tell apart.
#pragma once

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>

#include "processes/os/process.hpp"

namespace processes {

/// A task threw an exception in its worker, which lives on. what() holds the type, the index and the message.
class TaskError : public std::runtime_error {
 public:
  TaskError(std::size_t task, std::string exception_type, std::string exception_message);

  std::size_t index;    ///< position of the item in map, 0 for apply
  std::string type;     ///< of the exception, demangled
  std::string message;  ///< its what(), unchanged; empty if it was no std::exception
};

/// A worker ended while it ran the task. Whether the task had effects before is not known; unless the pool may retry
/// tasks, it was started once.
class WorkerLost : public std::runtime_error {
 public:
  WorkerLost(std::size_t task, ExitStatus worker_status, int times = 1);

  std::size_t index;  ///< as in TaskError
  ExitStatus status;  ///< of the worker that the last attempt ended
  int attempts;       ///< how often the task was started; each time its worker ended. 0: workers ended as they took it
};

/// A task ran longer than the pool's deadline, and its worker was killed for it.
class DeadlineExceeded : public std::runtime_error {
 public:
  DeadlineExceeded(std::size_t task, std::chrono::nanoseconds deadline);

  std::size_t index;  ///< as in TaskError
};

/// The arguments of a task are more than the pool's message_limit. The task was not started.
class MessageTooLarge : public std::length_error {
 public:
  MessageTooLarge(std::size_t task, std::size_t size, std::size_t limit);

  std::size_t index;  ///< as in TaskError
};

/// The pool was closed, terminated or destroyed, or can start no worker, before the task had ended.
class PoolClosed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace processes
