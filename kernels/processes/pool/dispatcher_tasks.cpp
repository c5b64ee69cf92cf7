// Sending tasks to workers and taking their outcomes.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "processes/pool/dispatcher.hpp"

namespace processes {

namespace {

/// The most requests in one worker, with the running one. It equals the chunks a worker of a default map, so that one
/// wake-up serves them all.
constexpr std::size_t most_outstanding = 4;

/// Requests queue in a worker only while all of that worker's tasks together should take no longer. Queueing saves
/// wake-ups of some microseconds each, but a queued request cannot move to an idle worker.
constexpr std::chrono::milliseconds longest_outstanding{1};

}  // namespace

bool Dispatcher::has_work() const { return !waiting_.empty() || busy_ > 0 || call_.batch; }

/// Gives waiting requests to workers: one to each before two to any.
void Dispatcher::assign() {
  if (waiting_.empty()) return;
  // A worker could take a chunk of the call first, and the request would wait for tasks of any length.
  if (call_.batch) send_rest_of_call();
  for (std::size_t depth = 0; depth < most_outstanding; ++depth) {
    for (Worker& worker : workers_) {
      if (worker.pid == 0 || worker.ending || worker.damaged || worker.outstanding.size() != depth) continue;
      if (call_.batch && holds_chunk(worker)) continue;
      while (!waiting_.empty() && worker.outstanding.size() == depth) {
        if (depth > 0 && !may_wait_behind(waiting_.front(), worker)) break;
        if (!give(worker)) break;
        if (waiting_.front().begin == waiting_.front().end) waiting_.pop_front();
      }
    }
    if (waiting_.empty()) return;
  }
}

/// A request does not queue behind tasks of another call or of a longer estimate. A retried task runs alone in its
/// worker.
bool Dispatcher::may_wait_behind(const Request& request, const Worker& worker) const {
  const Request& running = worker.outstanding.front();
  if (request.batch != running.batch || request.attempt > 1 || running.attempt > 1) return false;
  if (request.batch->function() != timed_function_) return false;
  const std::uint64_t tasks = worker.given - worker.finished + (request.end - request.begin);
  return tasks * time_a_task_ + (Clock::now() - worker.since) <= longest_outstanding;
}

/// Sends the worker as many tasks of the first waiting request as it may take and one message holds. A task that cannot
/// be sent at all is resolved with an error. False if the worker has no room now.
bool Dispatcher::give(Worker& worker) {
  Request& request = waiting_.front();
  const Batch& batch = *request.batch;
  while (request.begin < request.end && batch.cancelled(request.begin)) ++request.begin;
  if (request.begin == request.end) return true;
  const bool idle = worker.outstanding.empty();
  std::uint64_t tasks = request.end - request.begin;
  if (options_.tasks_per_worker > 0) tasks = std::min(tasks, options_.tasks_per_worker - worker.given);
  tasks = std::min<std::uint64_t>(tasks, std::numeric_limits<std::uint32_t>::max());
  for (std::uint64_t task = 1; task < tasks; ++task) {
    if (batch.cancelled(request.begin + task)) tasks = task;
  }
  const bool publish_times = batch.terms().deadline.count() > 0;
  // Before sending: the worker has the request from then on, whatever fails here.
  worker.outstanding.push_back({request.batch, request.begin, request.end, request.attempt, request.unstarted});
  std::exception_ptr error;
  const auto encode = [&](Encoder& message) {
    message.put(RequestHeader{batch.runner(), batch.function(), static_cast<std::uint32_t>(tasks), publish_times});
    for (std::size_t task = request.begin; task < request.begin + tasks; ++task) {
      message.nested([&](Encoder& arguments) {
        try {
          batch.encode(task, arguments);
        } catch (...) {
          error = std::current_exception();  // from an argument's own serialize()
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
        error = make_error<OutOfAddressSpace>(batch.position(request.begin), "the arguments", outcome.size);
      } else {
        const std::size_t limit = settings_.transport.message_limit;
        error = make_error<MessageTooLarge>(batch.position(request.begin), outcome.size, limit);
      }
    } catch (const std::system_error&) {
      if (!error) {  // of the transport: the worker's end shows what became of the request
        worker.damaged = true;
        supervisor_.kill_worker(worker.id);
        break;
      }
    } catch (...) {
      error = std::current_exception();
    }
    if (tasks > 1) continue;  // fewer tasks show which one it is
    worker.outstanding.pop_back();
    request.batch->fail(request.begin++, std::move(error));
    ++resolved_;
    return true;
  }

  if (idle) ++busy_;
  if (idle && (publish_times || waiting_.size() > 1)) worker.since = Clock::now();
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
  const bool timed = is_timed(worker) || !waiting_.empty() || worker.outstanding.size() > 1;
  const ErasedFunction function = worker.outstanding.empty() ? nullptr : worker.outstanding.front().batch->function();
  Frame frame;
  while ((!worker.outstanding.empty() || call_.batch) && !worker.damaged) {
    const auto found = worker.channel->receive(frame);
    if (found == RingReader::Found::nothing) break;
    if (found == RingReader::Found::no_memory && frame.kind == Frame::Kind::call_exception) {
      // Its beginning was received before.
    } else if (found == RingReader::Found::no_memory && !worker.outstanding.empty()) {
      Request& request = worker.outstanding.front();
      request.batch->fail(request.begin, make_error<OutOfAddressSpace>(request.batch->position(request.begin),
                                                                       "the result", std::size_t{0}));
      count_outcome(worker);
    } else if (found != RingReader::Found::frame || !take(worker, frame)) {
      // A damaged worker: the supervisor reports its end.
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
  // Rises at once and falls slowly: queueing behind a slow task costs more than a wake-up.
  const Clock::duration measured = (now - worker.since) / (worker.finished - before);
  time_a_task_ = function == timed_function_ ? std::max(measured, time_a_task_ / 2) : measured;
  timed_function_ = function;
  worker.since = now;
}

/// Whether worker.since must be kept up to date.
bool Dispatcher::is_timed(const Worker& worker) const {
  return has_deadline() ||
         (!worker.outstanding.empty() && worker.outstanding.front().batch->terms().deadline.count() > 0);
}

void Dispatcher::note_progress() {
  start_failures_ = 0;
  idle_deaths_ = 0;
  supervisors_lost_ = 0;
}

/// Resolves the worker's current task; false if the frame is not an outcome.
bool Dispatcher::take(Worker& worker, const Frame& frame) {
  if (frame.kind == Frame::Kind::call_exception) return take_thrown(worker, frame);
  if (worker.outstanding.empty()) return false;
  Request& request = worker.outstanding.front();
  const std::size_t index = request.begin;
  Decoder decoder(frame.bytes);
  if (frame.kind == Frame::Kind::result) {
    request.batch->succeed(index, decoder);
  } else if (frame.kind == Frame::Kind::exception) {
    auto error = thrown(decoder, *request.batch, index);
    if (!error) return false;
    request.batch->fail(index, std::move(error));
  } else if (frame.kind == Frame::Kind::rejected) {
    try {
      auto type = decoder.get<std::string>();
      reject(worker, type, decoder.get<std::string>());
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  } else {
    return false;
  }
  count_outcome(worker);
  return true;
}

/// Decodes an exception of a task; null if the bytes are not one.
std::exception_ptr Dispatcher::thrown(Decoder& decoder, const Batch& batch, std::size_t index) const {
  std::uint32_t number = 0;
  std::string object;
  try {
    auto type = decoder.get<std::string>();
    auto message = decoder.get<std::string>();
    number = decoder.get<std::uint32_t>();
    object = decoder.get<std::string>();
    if (number > options_.rethrown.size()) return nullptr;
    if (number == 0) {
      return std::make_exception_ptr(TaskError(batch.position(index), std::move(type), std::move(message)));
    }
  } catch (const std::runtime_error&) {
    return nullptr;
  } catch (const std::bad_alloc&) {
    return std::current_exception();
  }
  try {
    Decoder taken(object);
    return options_.rethrown[number - 1].take(taken);
  } catch (...) {  // from its constructor or its serialize()
    return std::current_exception();
  }
}

/// Stores an exception of a task on the board until its chunk has ended.
bool Dispatcher::take_thrown(Worker& worker, const Frame& frame) {
  try {
    Decoder decoder(frame.bytes);
    const CallWord task(decoder.get<std::uint64_t>());
    static_cast<void>(noted(worker));  // clears what belongs to an earlier call
    if (!call_.batch || task.call() != board_.call()) return true;
    auto error = thrown(decoder, *call_.batch, task.count());
    if (!error) return false;
    worker.thrown.insert_or_assign(task.count(), std::move(error));
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

/// The worker could not receive its request. None of its tasks has started.
void Dispatcher::reject(Worker& worker, const std::string& type, const std::string& message) {
  Request request = std::move(worker.outstanding.front());
  worker.outstanding.pop_front();
  if (worker.outstanding.empty()) --busy_;
  worker.given -= request.end - request.begin;
  worker.ending = worker.ending && options_.tasks_per_worker == 0;
  if (request.end - request.begin > 1) {  // half of the tasks may fit
    const std::size_t middle = request.begin + (request.end - request.begin) / 2;
    send_again({request.batch, middle, request.end, request.attempt});
    send_again({request.batch, request.begin, middle, request.attempt});
    return;
  }
  fail(request, make_error<TaskError>(request.batch->position(request.begin), type, message));
}

/// Counts the worker's current task as resolved.
void Dispatcher::count_outcome(Worker& worker) {
  Request& request = worker.outstanding.front();
  ++request.begin;
  request.unstarted = 0;
  ++worker.finished;
  ++resolved_;
  if (request.begin == request.end) worker.outstanding.pop_front();
  if (worker.outstanding.empty()) --busy_;
}

/// Resolves all tasks of a request that was not sent or whose worker has ended.
void Dispatcher::fail(const Request& request, const std::exception_ptr& error) noexcept {
  for (std::size_t index = request.begin; index < request.end; ++index) {
    request.batch->fail(index, error);
    ++resolved_;
  }
}

void Dispatcher::fail(const Request& request, const char* reason) noexcept {
  fail(request, make_error<PoolClosed>(reason));
}

void Dispatcher::fail_waiting(const char* reason) noexcept {
  for (const Request& request : waiting_) fail(request, reason);
  waiting_.clear();
}

}  // namespace processes
