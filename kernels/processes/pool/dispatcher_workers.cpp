// Starting workers and handling their deaths.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <new>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "processes/pool/dispatcher.hpp"
#include "processes/workers/fork_server.hpp"

namespace processes {

namespace {

/// The longest pause between two tries while a caller waits.
constexpr std::chrono::seconds longest_pause{1};

/// The pause after `failures` consecutive start-up failures: none after the first, then 1 ms, doubled each time up to
/// 128 ms.
std::chrono::milliseconds pause_after(int failures) {
  constexpr int most_doublings = 7;
  return std::chrono::milliseconds(failures < 2 ? 0 : 1 << std::min(failures - 2, most_doublings));
}

}  // namespace

/// Whether there are fewer workers than wanted and another one may be started.
bool Dispatcher::wants_worker() const {
  if (!broken_.empty() || joining_ || (closed_ && waiting_.empty() && !call_.batch)) return false;
  // A worker that has got all its tasks is replaced before it ends.
  const auto staying = std::ranges::count_if(
      workers_, [](const Worker& worker) { return !worker.ending || !worker.outstanding.empty(); });
  return static_cast<std::size_t>(staying) < wanted_;
}

void Dispatcher::begin_workers() {
  while (wants_worker() && Clock::now() >= next_begin_) {
    if (!has_supervisor_) begin_supervisor();
    if (has_supervisor_) begin_worker();
  }
  // Without workers, and with no way to start one, waiting tasks would wait forever.
  if (!broken_.empty() && workers_.empty()) {
    abandon_call();
    fail_waiting(broken_.c_str());
  }
}

void Dispatcher::begin_worker() {
  last_try_ = Clock::now();
  std::list<Worker> begun;  // its place in workers_: once it is requested, nothing needs memory
  int error = 0;
  try {
    Worker& worker = begun.emplace_back();
    worker.id = next_id_++;
    worker.channel = Channel::open(settings_.transport);
    // No more workers spin than there are CPUs: others would take CPU time from them.
    worker.channel->control().may_spin.store(
        workers_.size() < processors_ ? WorkerControl::Spin::yes : WorkerControl::Spin::no, std::memory_order_relaxed);
    // Once the pool is made, callers with work for other workers must not wait for this one.
    supervisor_.begin_worker(worker.id, *worker.channel, !made_);
  } catch (const std::system_error& failure) {
    error = failure.code().value();
    if (!made_ && error != EPIPE) throw;  // the supervisor has sent why it ended
  } catch (const std::bad_alloc&) {
    error = ENOMEM;
    if (!made_) throw;
  }
  if (error == 0) {
    workers_.splice(workers_.end(), begun);
  } else if (error != EPIPE && error != EBUSY) {  // it has ended, which its socket shows, or is stopped
    count_denial(describe(error, ""));
  } else {
    next_begin_ = Clock::now() + pause_after(2);
  }
}

void Dispatcher::handle(const SupervisorEvent& event) {
  if (event.kind == SupervisorEvent::Kind::supervisor_ended) {
    replace_supervisor();
    return;
  }
  const auto worker = std::ranges::find(workers_, event.worker, &Worker::id);
  if (worker == workers_.end()) return;
  switch (event.kind) {
    case SupervisorEvent::Kind::begun:
      worker->pid = static_cast<pid_t>(event.value);
      worker->channel->close_worker_descriptors();
      worker->channel->control().is_known.store(1, std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      worker->channel->wake_for_call();
      ++statistics_.workers_begun;
      denied_since_.reset();
      denials_ = 0;
      break;
    case SupervisorEvent::Kind::not_begun:
      workers_.erase(worker);
      count_denial(describe(static_cast<int>(event.value), "fork"));
      break;
    default: {
      // Removed first, so that bury() counts live workers only.
      std::list<Worker> dead;
      dead.splice(dead.begin(), workers_, worker);
      const bool with_supervisor = event.kind == SupervisorEvent::Kind::ended_with_supervisor;
      const std::size_t others_busy = busy_ - (dead.front().outstanding.empty() ? 0 : 1);
      try {
        bury(dead.front(), event.status(), with_supervisor);
      } catch (...) {
        // There is no memory to read what it has sent: all its tasks fail with this error.
        for (const Request& request : dead.front().outstanding) fail(request, std::current_exception());
        busy_ = others_busy;
        throw;
      }
    }
  }
}

/// Whether a task has overwritten its worker's WorkerControl.
bool Dispatcher::is_overwritten(const WorkerControl& control) {
  const auto start = control.start.load(std::memory_order_acquire);
  return start != WorkerControl::Start::begun && start != WorkerControl::Start::ready;
}

/// A worker has ended. The last request sent to it shows whether that was expected. Its memory outlives it and names
/// the task that it was in.
void Dispatcher::bury(Worker& worker, ExitStatus status, bool with_supervisor) {
  collect(worker);
  const bool was_in_call = bury_in_call(worker, status);
  const bool expected = worker.ending && worker.outstanding.empty() && status.ok();
  if (!expected) {
    lost_ = status;
    ++statistics_.workers_lost;
  }
  if (!worker.outstanding.empty()) {
    --busy_;
    const WorkerControl& control = worker.channel->control();
    const std::uint64_t started =
        worker.started_when_killed.value_or(control.tasks_started.load(std::memory_order_acquire));
    Request& first = worker.outstanding.front();
    const auto start = control.start.load(std::memory_order_acquire);
    const std::uint64_t begun = is_overwritten(control) ? worker.given : std::max(started, worker.finished);
    if (begun > worker.finished) {
      // One task, unless the worker's record or outcomes were overwritten: then none may be started again.
      std::uint64_t lost = begun - worker.finished;
      for (Request& request : worker.outstanding) {
        for (; lost > 0 && request.begin < request.end; --lost) {
          blame(request, status, worker.started_when_killed.has_value());
        }
      }
    } else if (start == WorkerControl::Start::ready && !was_in_call &&
               ++first.unstarted >= options_.max_start_failures) {
      // Each worker that takes this request dies before it starts the first task.
      first.batch->fail(first.begin, make_error<WorkerLost>(first.batch->position(first.begin), status, 0));
      ++first.begin;
      first.unstarted = 0;
      ++resolved_;
    }
    // The other tasks had not started.
    for (; !worker.outstanding.empty(); worker.outstanding.pop_back()) send_again(worker.outstanding.back());
  }
  drop_cancelled();
  if (worker.channel->control().start.load(std::memory_order_acquire) != WorkerControl::Start::begun) {
    start_failures_ = 0;
    // If idle workers keep dying, restarting them must not use up the CPUs.
    if (!expected && worker.given == 0 && !worker.worked) next_begin_ = Clock::now() + pause_after(++idle_deaths_);
  } else if (!expected && !with_supervisor) {
    count_start_failure(status.describe());
  }
}

/// The worker died in the request's first task, or was killed because it was late: retries or resolves that task.
void Dispatcher::blame(Request& request, ExitStatus status, bool late) {
  const std::size_t index = request.begin;
  if (request.batch->cancelled(index)) {
    // Resolved already.
  } else if (late) {
    ++statistics_.deadlines_exceeded;
    request.batch->fail(index,
                        make_error<DeadlineExceeded>(request.batch->position(index), request.batch->terms().deadline));
  } else if (request.attempt < options_.attempts && !request.batch->abandoned()) {
    ++statistics_.tasks_retried;
    send_again({request.batch, index, index + 1, request.attempt + 1, 0}, false);
    ++request.begin;
    return;
  } else {
    if (request.attempt > 1) ++statistics_.tasks_set_aside;
    request.batch->fail(index, make_error<WorkerLost>(request.batch->position(index), status, request.attempt));
  }
  ++request.begin;
  ++resolved_;
}

void Dispatcher::count_start_failure(const std::string& how) {
  ++start_failures_;
  next_begin_ = Clock::now() + pause_after(start_failures_);
  if (start_failures_ >= options_.max_start_failures && broken_.empty()) {
    broken_ =
        fmt::format("the pool starts no more workers: {} in a row ended before they were ready, the last one by {}",
                    start_failures_, how);
  }
}

/// The system has denied a process, a descriptor or memory; a later try may succeed. While a worker lives, the pool
/// keeps trying.
void Dispatcher::count_denial(const std::string& reason) {
  const auto now = Clock::now();
  const bool any_lives = std::ranges::any_of(workers_, [](const Worker& worker) { return worker.pid != 0; });
  // Time without a try does not count.
  if (any_lives || !denied_since_ || last_try_ - last_denial_ > longest_pause) denied_since_ = now;
  last_denial_ = now;
  next_begin_ = now + pause_after(++denials_ + 1);
  if (!any_lives && now - *denied_since_ >= options_.start_patience) {
    broken_ = fmt::format("the pool has no worker, and the system has denied one for {:.3g} s: {}",
                          std::chrono::duration<double>(options_.start_patience).count(), reason);
  }
}

/// The supervisor was killed. It or its socket has reported the end of all workers before.
void Dispatcher::replace_supervisor() {
  workers_.clear();  // requested, but never started: they have got no task
  next_begin_ = Clock::now() + pause_after(++supervisors_lost_);
  has_supervisor_ = false;
  supervisor_.forget();
  if (supervisors_lost_ >= options_.max_start_failures) {
    broken_ = fmt::format("the pool's supervisor process was killed {} times, and no task ended in between",
                          supervisors_lost_);
  }
}

/// Starts another supervisor in place of one that was killed, or goes on to wait for one that was started. A short
/// wait: the fork server, or the supervisor, may be stopped.
void Dispatcher::begin_supervisor() {
  last_try_ = Clock::now();
  constexpr std::string_view what = "its supervisor process was killed, and another one ";
  try {
    if (!supervisor_.descriptor()) supervisor_.start(settings_, signal_actions(), board_, options_.shared, false);
    has_supervisor_ = supervisor_.begun_within(ForkServer::patience);
    if (!has_supervisor_) {
      count_denial(fmt::format("{}does not begin: it or the program's fork server may be stopped", what));
    }
  } catch (const std::exception& error) {
    supervisor_.forget();  // stops what was started
    const std::string reason = fmt::format("{}cannot be started: {}", what, error.what());
    const bool may_pass = dynamic_cast<const std::system_error*>(&error) != nullptr ||
                          dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
    if (may_pass && dynamic_cast<const NeverStarts*>(&error) == nullptr) {
      count_denial(reason);
    } else {
      broken_ = "the pool starts no more workers: " + reason;
    }
  }
}

/// Asks a worker without tasks to end.
void Dispatcher::end(Worker& worker) const {
  if (worker.ending) return;  // it ends after its last task
  static_cast<void>(worker.channel->send([](Encoder& message) { message.put(RequestHeader{}); }));
  worker.ending = true;
  if (has_deadline()) worker.since = Clock::now();
}

}  // namespace processes
