// The steps at which the fault tests may kill a worker.
#pragma once

namespace processes {

/// What a worker has just done.
enum class Step {
  worker_forked,
  worker_initialised,
  worker_ready,
  request_found,
  task_started,     ///< and this was published; its arguments are not decoded yet
  task_ran,         ///< its result is not encoded yet
  message_encoded,  ///< an outcome (a request in the parent), not published yet
  outcome_published,
  request_freed,
  chunk_found,     ///< of a call on the board; not recorded yet
  chunk_noted,     ///< in the worker's record; not claimed yet
  chunk_claimed,   ///< none of its tasks has started
  task_ended,      ///< its result is in its slot, and its end is recorded
  chunks_counted,  ///< ended chunks; the program is not woken yet
  before_ring,     ///< it has seen that the parent sleeps
  before_sleep,
  after_sleep,
};

inline constexpr int steps = static_cast<int>(Step::after_sleep) + 1;

#ifdef PROCESSES_STEPS
/// Called at every step, in the process that makes it. Set it before the pool is made.
inline void (*on_step)(Step) = nullptr;

inline void reach(Step step) {
  if (on_step != nullptr) on_step(step);
}
#else
/// Does nothing in the library that programs use. The fault tests build their own with -DPROCESSES_STEPS.
constexpr void reach(Step) {}
#endif

}  // namespace processes
