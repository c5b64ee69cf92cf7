// Taking back chunks of the call on the board: after a death, a cancellation, or when other requests wait.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <utility>

#include "processes/pool/dispatcher.hpp"

namespace processes {

/// The worker has ended: what it had not completed of the call is sent elsewhere. Its memory outlives it and names the
/// task that it was in.
bool Dispatcher::bury_in_call(Worker& worker, const std::optional<ExitStatus>& status) {
  if (!call_.batch) return false;
  // It may have died before it counted its last chunks.
  doubt_call();
  settle(worker);
  const std::size_t chunks = noted(worker);
  const bool was_in_call = worker.settled < chunks;
  if (worker.damaged || is_overwritten(worker.channel->control())) {
    call_.record_lost = true;
  } else if (was_in_call) {
    const std::size_t chunk = worker.channel->call_results()->chunks.at(worker.settled).load(std::memory_order_relaxed);
    if (chunk < call_.settled.size() && !call_.settled[chunk]) give_back(worker, chunk, status);
  }
  take_back_chunks(board_.reached());
  if (status) fail_unnoted_chunks(*status);
  close_call_if_settled();
  return was_in_call;
}

/// The end of the tasks of its chunk that the worker has started, and the end of those that it has completed.
std::pair<std::size_t, std::size_t> Dispatcher::progress(const Worker& worker, const Request& chunk) const {
  const CallRecord& record = worker.channel->control().call;
  const auto count = [&](const std::atomic<std::uint64_t>& word) {
    const CallWord found(word.load(std::memory_order_acquire));
    const bool of_chunk = found.call() == board_.call() && found.count() > chunk.begin && found.count() <= chunk.end;
    return of_chunk ? static_cast<std::size_t>(found.count()) : chunk.begin;
  };
  const std::size_t started = std::max(chunk.begin, count(record.started));
  return {started, std::min(count(record.ended), started)};
}

bool Dispatcher::holds_chunk(Worker& worker) const { return call_.batch && worker.settled < noted(worker); }

/// Sends the unclaimed chunks of the call as requests, ahead of waiting ones. From now on a worker rings after each
/// chunk.
void Dispatcher::send_rest_of_call() {
  doubt_call();
  take_back_chunks(call_.settled.size());
  close_call_if_settled();
}

/// The task of the call that the worker is in, by its record.
std::optional<std::size_t> Dispatcher::current_task(Worker& worker) const {
  if (!call_.batch || worker.damaged) return std::nullopt;
  const std::size_t chunks = noted(worker);  // read once: the worker changes it
  if (worker.settled >= chunks) return std::nullopt;
  const std::size_t chunk = worker.channel->call_results()->chunks.at(chunks - 1).load(std::memory_order_relaxed);
  if (chunk >= call_.settled.size() || call_.settled[chunk] || !board_.claimed(chunk)) return std::nullopt;
  const auto [started, ended] = progress(worker, request_of(chunk));
  return started > ended ? std::optional(started - 1) : std::nullopt;
}

/// Takes back unclaimed chunks with cancelled tasks; their other tasks become waiting requests.
void Dispatcher::take_back_cancelled_chunks() {
  for (std::size_t chunk = 0; chunk < call_.settled.size(); ++chunk) {
    const Request request = request_of(chunk);
    bool any = false;
    for (std::size_t task = request.begin; task < request.end; ++task) any = any || request.batch->cancelled(task);
    if (!any || call_.settled[chunk] || !board_.take_back(chunk)) continue;
    doubt_call();  // no worker counts it
    settled(chunk);
    send_again(request);
  }
  close_call_if_settled();
}

/// Resolves the tasks of the worker's chunk that it has completed, and the task that it died in. The others are sent
/// elsewhere.
void Dispatcher::give_back(Worker& worker, std::size_t chunk, const std::optional<ExitStatus>& status) {
  Request rest = request_of(chunk);
  const auto [started, ended] = progress(worker, rest);
  settled(chunk);
  // A started chunk was claimed, even if the claim is overwritten.
  if (started > rest.begin || !(board_.take_back(chunk) || board_.overwritten(chunk))) {
    for (; rest.begin < ended; ++rest.begin) take_results(worker, rest.begin, rest.begin + 1);
    if (started > ended && status) blame(rest, *status, false);
  }
  send_again(rest);
}

/// By chunk: whether a live worker has recorded it.
Dispatcher::Chunks Dispatcher::noted_chunks() {
  Chunks found;
  for (Worker& worker : workers_) {
    const std::size_t chunks = noted(worker);
    for (std::size_t i = 0; i < chunks; ++i) {
      const std::size_t chunk = worker.channel->call_results()->chunks.at(i).load(std::memory_order_relaxed);
      if (chunk < found.size()) found.set(chunk);
    }
  }
  return found;
}

/// Whether a worker may have claimed a chunk whose record is lost.
bool Dispatcher::records_are_lost() const {
  return call_.record_lost || std::ranges::any_of(workers_, [](const Worker& worker) {
           return worker.damaged || is_overwritten(worker.channel->control());
         });
}

/// Takes back those of the first `reached` chunks that no worker has claimed or is about to claim. Allocates nothing
/// for that: a chunk that was taken back must not be lost.
void Dispatcher::take_back_chunks(std::size_t reached) {
  Chunks taken;
  Chunks overwritten;
  for (std::size_t chunk = 0; chunk < reached; ++chunk) {
    if (call_.settled[chunk]) continue;
    if (board_.take_back(chunk)) {
      taken.set(chunk);
    } else if (board_.overwritten(chunk)) {
      overwritten.set(chunk);
    }
  }
  if (overwritten.any()) {
    // A worker that claimed one of them has recorded it, in memory that only its own tasks can overwrite.
    overwritten &= ~noted_chunks();
    const bool lost = records_are_lost();
    if (!lost) taken |= overwritten;
    for (std::size_t chunk = 0; lost && chunk < reached; ++chunk) {
      if (overwritten[chunk]) fail_chunk(chunk, {ExitStatus::Kind::unknown, 0});
    }
  }
  // Backwards: each one is sent ahead of those that wait.
  for (std::size_t chunk = reached; chunk-- > 0;) {
    if (!taken[chunk]) continue;
    doubt_call();  // no worker counts it
    settled(chunk);
    send_again(request_of(chunk));
  }
}

/// Fails chunks that are claimed but recorded by no live worker: that worker has died, or its own task has overwritten
/// the record.
void Dispatcher::fail_unnoted_chunks(ExitStatus status) {
  const std::size_t chunks = call_.settled.size();
  Chunks claimed;
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    claimed[chunk] = !call_.settled[chunk] && board_.claimed(chunk);  // first: a chunk is recorded before it is claimed
  }
  const Chunks noted = noted_chunks();
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    if (claimed[chunk] && !noted[chunk]) fail_chunk(chunk, status);
  }
}

void Dispatcher::fail_chunk(std::size_t chunk, ExitStatus status) {
  settled(chunk);
  const Request lost = request_of(chunk);
  for (std::size_t index = lost.begin; index < lost.end; ++index) {
    lost.batch->fail(index, make_error<WorkerLost>(lost.batch->position(index), status));
    ++resolved_;
  }
}

Dispatcher::Request Dispatcher::request_of(std::size_t chunk) const {
  const std::size_t begin = chunk * call_.shape.chunk;
  return {call_.batch, begin, std::min(begin + call_.shape.chunk, call_.shape.tasks)};
}

/// Sends tasks ahead of the others, or after them, unless their batch is abandoned or there is no memory for it.
void Dispatcher::send_again(const Request& request, bool ahead) noexcept {
  if (request.batch->abandoned()) {
    fail(request, "the caller stopped waiting for the task");
  } else if (request.begin < request.end) {
    try {
      waiting_.insert(ahead ? waiting_.begin() : waiting_.end(), request);
    } catch (const std::bad_alloc&) {
      fail(request, std::current_exception());
    }
  }
}

/// Takes back all unclaimed chunks: all workers have ended, or nobody waits for the call.
void Dispatcher::abandon_call() {
  if (!call_.batch) return;
  take_back_chunks(call_.settled.size());
  if (workers_.empty()) fail_unnoted_chunks({ExitStatus::Kind::unknown, 0});
  close_call_if_settled();
}

}  // namespace processes
