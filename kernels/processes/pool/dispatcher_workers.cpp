// Workers that come and go.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "processes/pool/dispatcher.hpp"

namespace processes {

namespace {

/// Between two tries, while somebody waits.
constexpr std::chrono::seconds longest_pause{1};

/// The wait before the next worker is begun, after so many in a row that did not get ready: none after the first, then
/// 1 ms, and each time twice as long, up to 128 ms.
std::chrono::milliseconds pause_after(int failures) {
  constexpr int most_doublings = 7;
  return std::chrono::milliseconds(failures < 2 ? 0 : 1 << std::min(failures - 2, most_doublings));
}

}  // namespace

/// Whether there are fewer workers than wanted, and more can and should be started.
bool Dispatcher::wants_worker() const {
  if (!broken_.empty() || joining_ || (closed_ && waiting_.empty() && !call_.batch)) return false;
  // One that has run all its tasks makes place before it is gone.
  const auto staying = std::ranges::count_if(
      workers_, [](const Worker& worker) { return !worker.ending || !worker.outstanding.empty(); });
  return static_cast<std::size_t>(staying) < wanted_;
}

void Dispatcher::begin_workers() {
  while (wants_worker() && Clock::now() >= next_begin_) {
    if (!has_supervisor_) begin_supervisor();
    if (has_supervisor_) begin_worker();
  }
  // Without workers and without the means to start one, what waits would wait for ever.
  if (!broken_.empty() && workers_.empty()) {
    abandon_call();
    fail_waiting(broken_);
  }
}

void Dispatcher::begin_worker() {
  Worker worker;
  worker.id = next_id_++;
  int error = 0;
  try {
    worker.channel = Channel::open(settings_.transport);
    // As many as there are processors; any other one would keep these from their work.
    worker.channel->control().may_spin.store(
        workers_.size() < processors_ ? WorkerControl::Spin::yes : WorkerControl::Spin::no, std::memory_order_relaxed);
    supervisor_.begin_worker(worker.id, *worker.channel);
  } catch (const std::system_error& failure) {
    error = failure.code().value();
    if (!made_ && error != EPIPE) throw;  // why a supervisor has gone, it has said
  }
  if (error == 0) {
    workers_.push_back(std::move(worker));
  } else if (error != EPIPE) {  // EPIPE: the supervisor has gone, which its socket tells
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
      if (joining_) end(*worker);
      break;
    case SupervisorEvent::Kind::not_begun:
      workers_.erase(worker);
      count_denial(describe(static_cast<int>(event.value), "fork"));
      break;
    default: {
      // First out of the list, so that what is decided at its grave counts the living.
      std::list<Worker> dead;
      dead.splice(dead.begin(), workers_, worker);
      bury(dead.front(), event.status());
    }
  }
}

/// Whether a task has written over what its worker tells of itself.
bool Dispatcher::is_overwritten(const WorkerControl& control) {
  const auto start = control.start.load(std::memory_order_acquire);
  return start != WorkerControl::Start::begun && start != WorkerControl::Start::ready;
}

/// A worker has ended. What it was sent last says whether that was expected; its memory, which outlives it, names the
/// task that it was at.
void Dispatcher::bury(Worker& worker, ExitStatus status) {
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
      // One task, unless what the worker had noted or answered was overwritten: none is to be started again.
      std::uint64_t lost = begun - worker.finished;
      for (Request& request : worker.outstanding) {
        for (; lost > 0 && request.begin < request.end; --lost) {
          blame(request, status, worker.started_when_killed.has_value());
        }
      }
    } else if (start == WorkerControl::Start::ready && !was_in_call &&
               ++first.unstarted >= options_.max_start_failures) {
      // Whoever takes this request dies before it has come to its first task.
      first.batch->fail(first.begin,
                        std::make_exception_ptr(WorkerLost(first.batch->position(first.begin), status, 0)));
      ++first.begin;
      first.unstarted = 0;
      ++resolved_;
    }
    // The rest of them had not begun.
    std::erase_if(worker.outstanding, [this](const Request& request) {
      if (request.batch->abandoned()) fail(request, "nobody waits for the task any more");
      return request.begin == request.end || request.batch->abandoned();
    });
    waiting_.insert(waiting_.begin(), std::make_move_iterator(worker.outstanding.begin()),
                    std::make_move_iterator(worker.outstanding.end()));
    worker.outstanding.clear();
  }
  drop_cancelled();
  if (worker.channel->control().start.load(std::memory_order_acquire) != WorkerControl::Start::begun) {
    start_failures_ = 0;
    // Whatever ends worker after worker while they do nothing does not keep the processors busy.
    if (!expected && worker.given == 0 && !worker.worked) next_begin_ = Clock::now() + pause_after(++idle_deaths_);
  } else if (!expected) {
    count_start_failure(status.describe());
  }
}

/// The request's first task is what its worker died in, killed for a deadline or not: tries it again or resolves it.
void Dispatcher::blame(Request& request, ExitStatus status, bool late) {
  const std::size_t index = request.begin;
  if (request.batch->cancelled(index)) {
    // It is resolved already.
  } else if (late) {
    ++statistics_.deadlines_exceeded;
    request.batch->fail(index, std::make_exception_ptr(
                                   DeadlineExceeded(request.batch->position(index), request.batch->terms().deadline)));
  } else if (request.attempt < options_.attempts && !request.batch->abandoned()) {
    ++statistics_.tasks_retried;
    waiting_.push_back({request.batch, index, index + 1, request.attempt + 1, 0});
    ++request.begin;
    return;
  } else {
    if (request.attempt > 1) ++statistics_.tasks_set_aside;
    request.batch->fail(index,
                        std::make_exception_ptr(WorkerLost(request.batch->position(index), status, request.attempt)));
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

/// The system has denied a process, a descriptor or memory, which it may give a moment later. As long as a worker
/// lives, there is no end to trying.
void Dispatcher::count_denial(const std::string& reason) {
  const auto now = Clock::now();
  const bool any_lives = std::ranges::any_of(workers_, [](const Worker& worker) { return worker.pid != 0; });
  // Time in which nobody asked does not count.
  if (any_lives || !denied_since_ || now - last_denial_ > longest_pause) denied_since_ = now;
  last_denial_ = now;
  next_begin_ = now + pause_after(++denials_ + 1);
  if (!any_lives && now - *denied_since_ >= options_.start_patience) {
    broken_ = fmt::format("the pool has no worker, and for {:.3g} s the system has denied one: {}",
                          std::chrono::duration<double>(options_.start_patience).count(), reason);
  }
}

/// The supervisor was killed, and all workers with it, which it has reported before.
void Dispatcher::replace_supervisor() {
  workers_.clear();  // asked for, and never begun
  next_begin_ = Clock::now() + pause_after(++supervisors_lost_);
  if (supervisors_lost_ >= options_.max_start_failures) {
    broken_ = fmt::format("the pool's supervisor process was killed {} times, and no task had ended meanwhile",
                          supervisors_lost_);
    return;
  }
  supervisor_ = Supervisor();
  has_supervisor_ = false;
}

/// Another supervisor, in place of one that was killed.
void Dispatcher::begin_supervisor() {
  try {
    supervisor_.start(settings_, signal_actions(), board_, options_.shared);
    supervisor_.wait_until_begun();
    has_supervisor_ = true;
  } catch (const std::exception& error) {
    supervisor_ = Supervisor();  // what of it was started is stopped
    const std::string reason =
        fmt::format("its supervisor process was killed, and there can be no other one: {}", error.what());
    if (dynamic_cast<const std::system_error*>(&error) != nullptr) {
      count_denial(reason);
    } else {
      broken_ = "the pool starts no more workers: " + reason;
    }
  }
}

/// Tells a worker without tasks to end.
void Dispatcher::end(Worker& worker) const {
  if (worker.ending) return;  // it does after its last task
  worker.ending = true;
  if (has_deadline()) worker.since = Clock::now();
  static_cast<void>(worker.channel->send([](Encoder& message) { message.put(RequestHeader{}); }));
}

}  // namespace processes
