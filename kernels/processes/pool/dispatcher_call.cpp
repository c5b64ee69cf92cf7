// The call on the board (transport/call_board.hpp): workers claim its chunks.
#include <sched.h>

#include <algorithm>
#include <utility>

#include "processes/pool/dispatcher.hpp"

namespace processes {

/// Opens a call for the batch if possible; false if its tasks must be sent as messages.
bool Dispatcher::open_call(const std::shared_ptr<Batch>& batch, std::size_t chunk) {
  // A pool with tasks_per_worker or a deadline sends each worker one request at a time.
  if (call_.batch || options_.transport != Transport::shared) return false;
  if (batch->terms().deadline.count() > 0 || options_.tasks_per_worker > 0) return false;
  // Killing a worker for a late request would also kill a chunk that it took first.
  if (std::ranges::any_of(workers_, [this](const Worker& worker) { return is_timed(worker); })) return false;
  CallShape shape = batch->shape();
  shape.chunk = std::min(chunk, shape.tasks);
  shape.may_be_cancelled = batch->terms().may_be_cancelled;
  if (shape.run == nullptr || shape.tasks == 0 || !CallBoard::fits(shape)) return false;
  call_.settled.assign(shape.chunks(), false);
  call_.guess = &time_a_call_task_.try_emplace(shape.function, longest_call).first->second;
  call_.batch = batch;
  call_.shape = shape;
  call_.left = shape.chunks();
  call_.in_doubt = false;
  call_.record_lost = false;
  call_.work = *call_.guess == longest_call ? longest_call : *call_.guess * static_cast<std::int64_t>(shape.tasks);
  batch->place(board_.arguments().data());
  board_.open(shape);
  ++statistics_.messages;
  statistics_.message_bytes += shape.tasks * shape.argument_bytes;
  const bool is_short = call_.work < short_call;
  wake_for_call(is_short ? 1 : call_.left);
  spread_workers();
  return true;
}

/// Wakes sleeping workers until `wanted` are awake.
void Dispatcher::wake_for_call(std::size_t wanted) {
  // Either a worker that goes to sleep sees the call, or this sees that it sleeps.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  for (const Worker& worker : workers_) {
    const WorkerControl& control = worker.channel->control();
    const bool is_awake = control.worker_sleeps.load(std::memory_order_relaxed) == WorkerControl::Sleep::awake &&
                          control.start.load(std::memory_order_relaxed) == WorkerControl::Start::ready;
    if (worker.pid != 0 && worker.outstanding.empty() && is_awake && wanted > 0) --wanted;
  }
  for (const Worker& worker : workers_) {
    if (wanted == 0) return;
    if (worker.channel->wake_for_call()) --wanted;
  }
}

/// The scheduler may leave two spinning processes on one CPU for many calls while another CPU is idle: the second one
/// is ordered to move. This thread counts as spinning, but yields its CPU to the last worker if there are as many
/// workers as CPUs.
void Dispatcher::spread_workers() {
  using enum WorkerControl::Spin;
  const int here = ::sched_getcpu();
  std::size_t allowed = 0;
  for (auto worker = workers_.begin(); worker != workers_.end(); ++worker) {
    auto& order = worker->channel->control().may_spin;
    if (allowed == processors_) {
      order.store(no, std::memory_order_relaxed);
      continue;
    }
    ++allowed;
    const int processor = worker->channel->control().call.processor.load(std::memory_order_relaxed);
    const bool is_shared =
        (processor == here && allowed < processors_) || std::any_of(workers_.begin(), worker, [&](const Worker& other) {
          return other.channel->control().call.processor.load(std::memory_order_relaxed) == processor;
        });
    const auto ordered = is_shared && processor >= 0 ? elsewhere : yes;
    if (order.load(std::memory_order_relaxed) != ordered) order.store(ordered, std::memory_order_relaxed);
  }
}

/// Whether settle_call() may have something to do.
bool Dispatcher::call_has_news() const { return call_.batch && !call_.in_doubt && board_.all_ended(); }

/// Resolves the tasks of all chunks that have ended.
void Dispatcher::settle_call() {
  const bool all_ended = board_.all_ended();
  for (Worker& worker : workers_) settle(worker);
  // A chunk was counted as ended that no worker has recorded. Reading the records again would not help.
  if (all_ended && call_.left > 0) doubt_call();
  close_call_if_settled();
}

void Dispatcher::close_call_if_settled() {
  if (!call_.batch || call_.left > 0) return;
  const auto tasks = static_cast<std::int64_t>(call_.shape.tasks);
  // Clamped, since tasks may have overwritten it.
  const std::chrono::nanoseconds work(std::clamp<std::int64_t>(board_.work(), 0, longest_work.count()) / tasks);
  // A moving average: one disturbed call must not raise it by much.
  *call_.guess = *call_.guess == longest_call
                     ? work
                     : (3 * *call_.guess + std::min(work, 4 * *call_.guess + std::chrono::nanoseconds(100))) / 4;
  call_.batch.reset();
}

/// From now on the count of ended chunks is not relied upon: every worker that counts one rings.
void Dispatcher::doubt_call() {
  call_.in_doubt = true;
  board_.hear_each_count();
}

/// The number of chunks that the worker has recorded, settled ones first.
std::size_t Dispatcher::noted(Worker& worker) const {
  const CallWord taken(worker.channel->control().call.taken.load(std::memory_order_acquire));
  if (worker.channel->call_results() == nullptr || taken.call() != board_.call()) return 0;
  if (worker.call != board_.call()) {
    worker.call = board_.call();
    worker.settled = 0;
    worker.thrown.clear();
  }
  return std::min<std::size_t>(taken.count(), CallBoard::most_chunks);
}

/// Resolves the tasks of the chunks that the worker has completed.
void Dispatcher::settle(Worker& worker) {
  if (!call_.batch) return;
  const std::size_t chunks = noted(worker);
  while (!worker.damaged && worker.settled < chunks) {
    const std::size_t chunk = worker.channel->call_results()->chunks.at(worker.settled).load(std::memory_order_relaxed);
    const bool last = worker.settled + 1 == chunks;
    // The parent took it back before the worker could claim it. The worker is about to see that.
    if (last && chunk < call_.settled.size() && call_.settled[chunk]) return;
    if (chunk >= call_.settled.size() || call_.settled[chunk]) {
      // A worker records only chunks of this call, and each once: a task has overwritten the record.
      worker.damaged = true;
      supervisor_.kill_worker(worker.id);
      return;
    }
    const std::size_t end = std::min((chunk + 1) * call_.shape.chunk, call_.shape.tasks);
    if (last &&
        worker.channel->control().call.ended.load(std::memory_order_acquire) != CallWord(board_.call(), end).value()) {
      return;
    }
    // Exceptions were sent before their tasks were recorded as ended.
    if (worker.channel->has_response()) collect(worker);
    if (worker.damaged) return;
    take_results(worker, chunk * call_.shape.chunk, end);
    ++worker.settled;
    settled(chunk);
  }
}

void Dispatcher::settled(std::size_t chunk) {
  call_.settled[chunk] = true;
  --call_.left;
}

/// Resolves tasks that the worker has completed.
void Dispatcher::take_results(Worker& worker, std::size_t begin, std::size_t end) {
  const auto* const results = reinterpret_cast<const char*>(worker.channel->call_results()->bytes.data());
  for (std::size_t task = begin; task < end; ++task) {
    const auto thrown = worker.thrown.empty() ? worker.thrown.end() : worker.thrown.find(task);
    if (thrown != worker.thrown.end()) {
      call_.batch->fail(task, thrown->second);
    } else {
      Decoder result({results + task * call_.shape.result_bytes, call_.shape.result_bytes});
      call_.batch->succeed(task, result);
    }
  }
  resolved_ += end - begin;
  statistics_.message_bytes += (end - begin) * call_.shape.result_bytes;
  worker.worked = true;
  note_progress();
}

}  // namespace processes
