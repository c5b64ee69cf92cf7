// `own_loop --check` runs the loop in a child process before any measurement. So a crash, an exception or a hang is
// reported with its task.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>

#include "loops/registry.hpp"

namespace own_loop {

/// An error in the user's loop, as one line.
class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Properties of the loop of one size, from its check.
struct Checked {
  std::int64_t tasks = 0;
  std::int64_t result_bytes = 0;  ///< per task, or per block if results are merged
  double seconds = 0;             ///< of one serial call
};

/// In a child, makes the loop of that size and runs it serially twice; the first time task by task, unless results are
/// merged. Throws Fault for a crash, an exception, no tasks, and answers that differ from each other or from
/// reference(). It also throws Fault if no new task starts within `limit`. The loop's output goes to standard error. So
/// does a warning if a task takes more than 10 seconds, or half of `limit` if that is less.
Checked check(const loops::Description& loop, std::int64_t size, std::chrono::seconds limit);

}  // namespace own_loop
