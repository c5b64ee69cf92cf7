// What `own_loop --check` does before anything is measured: it runs the loop in a child process, so that a crash, an
// exception and a hang are named with the task.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>

#include "loops/registry.hpp"

namespace own_loop {

/// What is wrong with the user's loop, as one line.
class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What is known of a size after its check.
struct Checked {
  std::int64_t tasks = 0;
  std::int64_t result_bytes = 0;  ///< of a task; where results are merged, of a block
  double seconds = 0;             ///< of one serial call
};

/// In a child: makes the loop of that size and runs it serially twice, the first time task by task unless results are
/// merged. Throws Fault for a crash, an exception, no tasks, answers of the two calls that differ, or differ from
/// reference(), and where no new task has begun for `limit`. What the loop prints goes to standard error, and so does
/// one line if a task takes more than 10 seconds, or half of `limit` where that is less.
Checked check(const loops::Description& loop, std::int64_t size, std::chrono::seconds limit);

}  // namespace own_loop
