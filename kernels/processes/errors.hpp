// What can go wrong with a task, as types that a caller can tell apart.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

#include "processes/process.hpp"

namespace processes {

/// The task at `index` of a call threw an exception in its worker. what() holds the type, the index and the message.
class TaskError : public std::runtime_error {
 public:
  TaskError(std::size_t index, std::string type, std::string message);

  std::size_t index;    ///< position of the item in map, 0 for apply
  std::string type;     ///< of the exception, demangled
  std::string message;  ///< its what(), unchanged; empty if it was no std::exception
};

/// A worker ended while tasks of a call were with it, the lowest of them `first` and the highest `last`: one of them
/// ended it or was cut short by what did. They are not run again, since they may have had effects.
class WorkerLost : public std::runtime_error {
 public:
  WorkerLost(std::size_t first, std::size_t last, ExitStatus status);

  std::size_t first;
  std::size_t last;
  ExitStatus status;
};

/// The pool was closed, terminated or destroyed, or has lost all its workers, before the task had ended.
class PoolClosed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace processes
