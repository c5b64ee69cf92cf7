// Killing tasks that are late or cancelled.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "processes/pool/dispatcher_lock.hpp"

namespace processes {

namespace {

/// The least time that an initialiser may take, however short the deadline of a task is.
constexpr std::chrono::minutes least_initialiser_deadline{1};

}  // namespace

/// When the worker's current task (or its end) is late. A worker reports the start of each task. Until then the
/// deadline counts from when it was given the task, or from when it became ready.
std::optional<Dispatcher::Clock::time_point> Dispatcher::expiry(const Worker& worker) const {
  if (worker.started_when_killed || (worker.outstanding.empty() && !worker.ending)) return std::nullopt;
  const auto deadline = std::chrono::duration_cast<Clock::duration>(deadline_of(worker));
  if (deadline.count() == 0) return std::nullopt;
  const WorkerControl& control = worker.channel->control();
  if (worker.outstanding.empty()) return worker.since + deadline;
  if (control.start.load(std::memory_order_acquire) == WorkerControl::Start::begun) {
    return worker.since + std::max<Clock::duration>(deadline, least_initialiser_deadline);
  }
  const bool started = control.tasks_started.load(std::memory_order_acquire) > worker.finished;
  const Clock::time_point reported(Clock::duration(control.started_at.load(std::memory_order_relaxed)));
  // The worker's memory may be overwritten: ignore times in the future and before the epoch.
  const auto since = std::clamp(reported, Clock::time_point(), Clock::now());
  return (started ? since : std::max(since, worker.since)) + deadline;
}

/// When the next worker may be late; the end of time if none can be.
Dispatcher::Clock::time_point Dispatcher::earliest_expiry() const {
  Clock::time_point earliest = Clock::time_point::max();
  for (const Worker& worker : workers_) {
    auto end = expiry(worker);
    if (!end) continue;
    // The time at which a worker becomes ready for its first task is not reported.
    if (worker.finished == 0) end = std::min(*end, Clock::now() + deadline_of(worker));
    earliest = std::min(earliest, *end);
  }
  return earliest;
}

/// The deadline of the worker's current task, or of its end.
std::chrono::nanoseconds Dispatcher::deadline_of(const Worker& worker) const {
  return worker.outstanding.empty() ? options_.deadline : worker.outstanding.front().batch->terms().deadline;
}

bool Dispatcher::is_in_cancelled_task(Worker& worker) const {
  if (const auto task = current_task(worker)) return call_.batch->cancelled(*task);
  if (worker.outstanding.empty()) return false;
  const Request& request = worker.outstanding.front();
  return request.batch->cancelled(request.begin) &&
         worker.channel->control().tasks_started.load(std::memory_order_acquire) > worker.finished;
}

void Dispatcher::kill_late_workers() {
  for (Worker& worker : workers_) {
    if (worker.started_when_killed) continue;
    const auto has_to_end = [&] {
      if (is_in_cancelled_task(worker)) return true;
      const auto end = expiry(worker);
      return end && Clock::now() >= *end;
    };
    if (!has_to_end()) continue;
    WorkerControl& control = worker.channel->control();
    const std::uint64_t started = control.tasks_started.load(std::memory_order_acquire);
    const auto task = current_task(worker);
    control.halt.store(1, std::memory_order_seq_cst);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    collect(worker);
    if (control.tasks_started.load(std::memory_order_seq_cst) != started || current_task(worker) != task ||
        !has_to_end()) {
      control.halt.store(0, std::memory_order_relaxed);  // it has ended meanwhile
      continue;
    }
    worker.started_when_killed = started;
    supervisor_.kill_worker(worker.id);
  }
}

bool Dispatcher::cancel(Batch& batch, std::size_t begin, std::size_t end) {
  require_owner();
  const Lock lock(*this);
  if (!batch.cancel(begin, end)) return false;
  ++resolved_;
  if (call_.batch.get() == &batch) take_back_cancelled_chunks();
  drop_cancelled();
  kill_late_workers();
  if (driven_) doorbell_.ring();
  changed_->notify_all();
  return true;
}

/// Removes waiting requests whose remaining tasks are all cancelled.
void Dispatcher::drop_cancelled() {
  std::erase_if(waiting_, [](Request& request) {
    while (request.begin < request.end && request.batch->cancelled(request.begin)) ++request.begin;
    return request.begin == request.end;
  });
}

}  // namespace processes
