// Tasks on their way: to the workers, and their outcomes back.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "processes/pool/dispatcher.hpp"

namespace processes {

namespace {

/// Requests that a worker has, the one that it runs among them: as many as map makes a worker by default, so that one
/// wake-up does for all of them.
constexpr std::size_t most_outstanding = 4;

/// Requests wait behind each other only while all of a worker's together should take no longer: that saves wake-ups of
/// some microseconds each, but they cannot be taken back for a worker that has nothing to do.
constexpr std::chrono::milliseconds longest_outstanding{1};

/// What an initialiser may take at the least, however short the deadline of a task is.
constexpr std::chrono::minutes least_initialiser_deadline{1};

std::system_error no_address_space(const std::string& what, std::size_t bytes = 0) {
  const std::string size = bytes > 0 ? fmt::format(" of {} bytes", bytes) : "";
  return system_error(ENOMEM, fmt::format("{}{} has no room in this process's address space", what, size), "mremap");
}

}  // namespace

bool Dispatcher::has_work() const { return !waiting_.empty() || busy_ > 0 || call_.batch; }

/// Gives waiting requests to workers, one each before two to any.
void Dispatcher::assign() {
  for (std::size_t depth = 0; depth < most_outstanding; ++depth) {
    for (Worker& worker : workers_) {
      if (worker.pid == 0 || worker.ending || worker.damaged || worker.outstanding.size() != depth) continue;
      while (!waiting_.empty() && worker.outstanding.size() == depth) {
        if (depth > 0 && !may_wait_behind(waiting_.front(), worker)) break;
        if (!give(worker)) break;
        if (waiting_.front().begin == waiting_.front().end) waiting_.pop_front();
      }
    }
    if (waiting_.empty()) return;
  }
}

/// Not behind the tasks of another call, which may take any time, nor behind a task that takes longer than others did.
/// A task that is tried again has its worker for itself.
bool Dispatcher::may_wait_behind(const Request& request, const Worker& worker) const {
  const Request& running = worker.outstanding.front();
  if (request.batch != running.batch || request.attempt > 1 || running.attempt > 1) return false;
  if (request.batch->function() != timed_function_) return false;
  const std::uint64_t tasks = worker.given - worker.finished + (request.end - request.begin);
  return tasks * time_a_task_ + (Clock::now() - worker.since) <= longest_outstanding;
}

/// Sends the worker as much of the first waiting request as it may take and as one message holds, or resolves a task of
/// it that cannot be sent at all. False if the worker has no room now.
bool Dispatcher::give(Worker& worker) {
  Request& request = waiting_.front();
  const Batch& batch = *request.batch;
  const bool idle = worker.outstanding.empty();
  std::uint64_t tasks = request.end - request.begin;
  if (options_.tasks_per_worker > 0) tasks = std::min(tasks, options_.tasks_per_worker - worker.given);
  // First of all, since from when it is sent on the worker has it, whatever else fails here.
  worker.outstanding.push_back({request.batch, request.begin, request.end, request.attempt, request.unstarted});
  std::exception_ptr error;
  const auto encode = [&](Encoder& message) {
    message.put(RequestHeader{batch.runner(), batch.function(), tasks});
    for (std::size_t task = request.begin; task < request.begin + tasks; ++task) {
      message.nested([&](Encoder& arguments) {
        try {
          batch.encode(task, arguments);
        } catch (...) {
          error = std::current_exception();  // of an argument's own serialize()
          throw;
        }
      });
    }
  };
  for (;; tasks /= 2) {
    error = nullptr;
    try {
      const Sent outcome = worker.channel->send(std::ref(encode));
      if (outcome.kind == Sent::Kind::not_yet) {
        worker.outstanding.pop_back();
        return false;
      }
      if (outcome.kind == Sent::Kind::yes) {
        ++statistics_.messages;
        statistics_.message_bytes += outcome.size;
        break;
      }
      if (outcome.kind == Sent::Kind::no_memory) {
        error = std::make_exception_ptr(no_address_space("the arguments of a task", outcome.size));
      } else {
        const std::size_t limit = settings_.transport.message_limit;
        error = std::make_exception_ptr(MessageTooLarge(request.begin, outcome.size, limit));
      }
    } catch (const std::system_error&) {
      if (!error) {  // of the transport: what has become of the request, the worker's end will show
        worker.damaged = true;
        supervisor_.kill_worker(worker.id);
        break;
      }
    } catch (...) {
      error = std::current_exception();
    }
    if (tasks > 1) continue;  // which of them it is shows when they are fewer
    worker.outstanding.pop_back();
    request.batch->fail(request.begin++, std::move(error));
    ++resolved_;
    return true;
  }

  if (idle) ++busy_;
  if (idle && (settings_.publish_times || waiting_.size() > 1)) worker.since = Clock::now();
  worker.given += tasks;
  if (worker.given == options_.tasks_per_worker) worker.ending = true;
  request.begin += tasks;
  worker.outstanding.back().end = request.begin;
  return true;
}

/// Takes the outcomes that the worker has sent.
void Dispatcher::collect(Worker& worker) {
  const std::uint64_t before = worker.finished;
  bool any = false;
  const bool timed = settings_.publish_times || !waiting_.empty() || worker.outstanding.size() > 1;
  const ErasedFunction function = worker.outstanding.empty() ? nullptr : worker.outstanding.front().batch->function();
  Frame frame;
  while ((!worker.outstanding.empty() || call_.batch) && !worker.damaged) {
    const auto found = worker.channel->receive(frame);
    if (found == RingReader::Found::nothing) break;
    if (found == RingReader::Found::no_memory && frame.kind == Frame::Kind::call_exception) {
      // The beginning of it has come before.
    } else if (found == RingReader::Found::no_memory && !worker.outstanding.empty()) {
      Request& request = worker.outstanding.front();
      request.batch->fail(request.begin, std::make_exception_ptr(no_address_space("a result")));
      count_outcome(worker);
    } else if (found != RingReader::Found::frame || !take(worker, frame)) {
      // Whatever sent it, it is no worker of this pool any more; its end is reported by the supervisor.
      worker.damaged = true;
      supervisor_.kill_worker(worker.id);
      break;
    }
    ++statistics_.messages;
    statistics_.message_bytes += frame.bytes.size();
    worker.channel->done();
    any = true;
  }
  if (!any) return;
  worker.channel->drained();
  if (worker.finished == before) return;
  note_progress();
  if (!timed) return;
  const auto now = Clock::now();
  // A guess: it rises at once and falls slowly, since a task that waits behind a slow one costs more than a wake-up.
  const Clock::duration measured = (now - worker.since) / (worker.finished - before);
  time_a_task_ = function == timed_function_ ? std::max(measured, time_a_task_ / 2) : measured;
  timed_function_ = function;
  worker.since = now;
}

void Dispatcher::note_progress() {
  start_failures_ = 0;
  idle_deaths_ = 0;
  supervisors_lost_ = 0;
}

/// Resolves the task that the worker is at; false if the frame is no outcome.
bool Dispatcher::take(Worker& worker, const Frame& frame) {
  if (frame.kind == Frame::Kind::call_exception) return take_thrown(worker, frame);
  if (worker.outstanding.empty()) return false;
  Request& request = worker.outstanding.front();
  const std::size_t index = request.begin;
  Decoder decoder(frame.bytes);
  if (frame.kind == Frame::Kind::result) {
    request.batch->succeed(index, decoder);
  } else if (frame.kind == Frame::Kind::exception || frame.kind == Frame::Kind::rejected) {
    std::string type;
    std::string message;
    try {
      type = decoder.get<std::string>();
      message = decoder.get<std::string>();
    } catch (const std::runtime_error&) {
      return false;
    }
    if (frame.kind == Frame::Kind::rejected) {
      reject(worker, type, message);
      return true;
    }
    request.batch->fail(index, std::make_exception_ptr(TaskError(index, std::move(type), std::move(message))));
  } else {
    return false;
  }
  count_outcome(worker);
  return true;
}

/// Keeps what a task of the call on the board has thrown until its chunk has ended.
bool Dispatcher::take_thrown(Worker& worker, const Frame& frame) {
  try {
    Decoder decoder(frame.bytes);
    auto type = decoder.get<std::string>();
    auto message = decoder.get<std::string>();
    const CallWord task(decoder.get<std::uint64_t>());
    static_cast<void>(noted(worker));  // forgets what is of an earlier call
    if (call_.batch && task.call() == board_.call()) {
      const std::size_t index = task.count();
      worker.thrown.insert_or_assign(index,
                                     std::make_exception_ptr(TaskError(index, std::move(type), std::move(message))));
    }
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

/// The worker could not take its request, none of whose tasks has started.
void Dispatcher::reject(Worker& worker, const std::string& type, const std::string& message) {
  Request request = std::move(worker.outstanding.front());
  worker.outstanding.pop_front();
  if (worker.outstanding.empty()) --busy_;
  worker.given -= request.end - request.begin;
  worker.ending = worker.ending && options_.tasks_per_worker == 0;
  if (request.end - request.begin > 1 && !request.batch->abandoned()) {  // fewer of them may have room
    const std::size_t middle = request.begin + (request.end - request.begin) / 2;
    waiting_.push_front({request.batch, middle, request.end, request.attempt});
    waiting_.push_front({request.batch, request.begin, middle, request.attempt});
    return;
  }
  for (std::size_t index = request.begin; index < request.end; ++index) {
    request.batch->fail(index, std::make_exception_ptr(TaskError(index, type, message)));
    ++resolved_;
  }
}

/// The task that the worker was at is resolved.
void Dispatcher::count_outcome(Worker& worker) {
  Request& request = worker.outstanding.front();
  ++request.begin;
  request.unstarted = 0;
  ++worker.finished;
  ++resolved_;
  if (request.begin == request.end) worker.outstanding.pop_front();
  if (worker.outstanding.empty()) --busy_;
}

/// When what the worker does has to have ended. The start of a task is what the worker tells; until it does, the worker
/// has not started it, and not answering is held against it from when it was given the task, or was ready for one.
std::optional<Dispatcher::Clock::time_point> Dispatcher::expiry(const Worker& worker) const {
  if (!settings_.publish_times || worker.started_when_killed || (worker.outstanding.empty() && !worker.ending))
    return std::nullopt;
  const auto deadline = std::chrono::duration_cast<Clock::duration>(options_.deadline);
  const WorkerControl& control = worker.channel->control();
  if (worker.outstanding.empty()) return worker.since + deadline;
  if (control.start.load(std::memory_order_acquire) == WorkerControl::Start::begun) {
    return worker.since + std::max<Clock::duration>(deadline, least_initialiser_deadline);
  }
  const bool started = control.tasks_started.load(std::memory_order_acquire) > worker.finished;
  const Clock::time_point reported(Clock::duration(control.started_at.load(std::memory_order_relaxed)));
  // A time to come would be a lie, and so would one before all.
  const auto since = std::clamp(reported, Clock::time_point(), Clock::now());
  return (started ? since : std::max(since, worker.since)) + deadline;
}

void Dispatcher::kill_late_workers() {
  if (!settings_.publish_times) return;
  const auto now = Clock::now();
  for (Worker& worker : workers_) {
    const auto end = expiry(worker);
    if (!end || now < *end) continue;
    WorkerControl& control = worker.channel->control();
    const std::uint64_t late = control.tasks_started.load(std::memory_order_acquire);
    control.halt.store(1, std::memory_order_seq_cst);
    collect(worker);
    const auto later = expiry(worker);
    if (control.tasks_started.load(std::memory_order_seq_cst) != late || !later || now < *later) {
      control.halt.store(0, std::memory_order_relaxed);  // it has ended after all
      continue;
    }
    worker.started_when_killed = late;
    supervisor_.kill_worker(worker.id);
  }
}

/// Resolves all tasks of a request that was not sent, or whose worker has ended.
void Dispatcher::fail(const Request& request, const std::string& reason) {
  for (std::size_t index = request.begin; index < request.end; ++index) {
    request.batch->fail(index, std::make_exception_ptr(PoolClosed(reason)));
    ++resolved_;
  }
}

void Dispatcher::fail_waiting(const std::string& reason) {
  for (const Request& request : waiting_) fail(request, reason);
  waiting_.clear();
}

}  // namespace processes
