// Where the fault tests may cut a worker short.
#pragma once

namespace processes {

/// What a worker has just done.
enum class Step {
  worker_forked,
  worker_initialised,
  worker_ready,
  request_found,
  task_started,     ///< and sent; its arguments are not yet decoded
  task_ran,         ///< its result is not yet encoded
  message_encoded,  ///< an outcome, or in the parent a request; not yet published
  outcome_published,
  request_freed,
  chunk_found,     ///< of a call on the board: it is nobody's yet
  chunk_noted,     ///< in the worker's record, not yet claimed
  chunk_claimed,   ///< none of its tasks is started
  task_ended,      ///< its result is in its place, and noted
  chunks_counted,  ///< those that have ended, before the program is woken
  before_ring,     ///< has seen that the parent sleeps
  before_sleep,
  after_sleep,
};

inline constexpr int steps = static_cast<int>(Step::after_sleep) + 1;

#ifdef PROCESSES_STEPS
/// Called at every step, in the process that takes it; set before the pool is made.
inline void (*on_step)(Step) = nullptr;

inline void reach(Step step) {
  if (on_step != nullptr) on_step(step);
}
#else
/// Nothing, in the library that programs use; the fault tests build one of their own with -DPROCESSES_STEPS.
constexpr void reach(Step) {}
#endif

}  // namespace processes
