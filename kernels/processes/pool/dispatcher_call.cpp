// The call on the board (transport/call_board.hpp), of which all workers take chunks.
#include <sched.h>

#include <algorithm>
#include <utility>

#include "processes/pool/dispatcher.hpp"

namespace processes {

/// Opens a call of the batch, if one is possible now: false if its tasks have to travel as messages.
bool Dispatcher::open_call(const std::shared_ptr<Batch>& batch, std::size_t chunk) {
  // A worker that ends after so many tasks, or for a deadline, is given them one request at a time.
  if (call_.batch || options_.transport != Transport::shared) return false;
  if (batch->terms().deadline.count() > 0 || options_.tasks_per_worker > 0) return false;
  // A worker takes turns: it would be killed in a chunk for the request that is late behind it.
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

/// Wakes sleeping workers until so many are awake.
void Dispatcher::wake_for_call(std::size_t wanted) {
  // Either a worker that goes to sleep sees the call, or it is seen here that it sleeps.
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

/// The system leaves two processes that spin on one processor there for many calls, though another one is idle: the
/// second of them is to go elsewhere. This thread is one of them, but it lends its processor to the last worker where
/// there are as many as processors.
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

/// Whether the call has, or may have, something for settle_call() to do.
bool Dispatcher::call_has_news() const { return call_.batch && !call_.in_doubt && board_.all_ended(); }

/// Resolves the tasks of all chunks that have ended.
void Dispatcher::settle_call() {
  const bool all_ended = board_.all_ended();
  for (Worker& worker : workers_) settle(worker);
  // Somebody has counted what nobody has noted, and looking at it again does not help.
  if (all_ended && call_.left > 0) doubt_call();
  close_call_if_settled();
}

void Dispatcher::close_call_if_settled() {
  if (!call_.batch || call_.left > 0) return;
  const auto tasks = static_cast<std::int64_t>(call_.shape.tasks);
  // Workers have written it, and tasks may.
  const std::chrono::nanoseconds work(std::clamp<std::int64_t>(board_.work(), 0, longest_work.count()) / tasks);
  // It follows slowly, and a single call that was disturbed does not raise it by much.
  *call_.guess = *call_.guess == longest_call
                     ? work
                     : (3 * *call_.guess + std::min(work, 4 * *call_.guess + std::chrono::nanoseconds(100))) / 4;
  call_.batch.reset();
}

/// From now on the count of chunks that have ended is not relied upon: every worker that counts some rings.
void Dispatcher::doubt_call() {
  call_.in_doubt = true;
  board_.hear_each_count();
}

/// Chunks that the worker has noted, those among them that are settled first.
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

/// Resolves the tasks of the chunks that the worker has ended.
void Dispatcher::settle(Worker& worker) {
  if (!call_.batch) return;
  const std::size_t chunks = noted(worker);
  while (!worker.damaged && worker.settled < chunks) {
    const std::size_t chunk = worker.channel->call_results()->chunks.at(worker.settled).load(std::memory_order_relaxed);
    const bool last = worker.settled + 1 == chunks;
    // It was taken back before the worker could claim it, which the worker is about to see.
    if (last && chunk < call_.settled.size() && call_.settled[chunk]) return;
    if (chunk >= call_.settled.size() || call_.settled[chunk]) {
      // A worker notes a chunk of the call, and each one once: this is not what it has written.
      worker.damaged = true;
      supervisor_.kill_worker(worker.id);
      return;
    }
    const std::size_t end = std::min((chunk + 1) * call_.shape.chunk, call_.shape.tasks);
    if (last &&
        worker.channel->control().call.ended.load(std::memory_order_acquire) != CallWord(board_.call(), end).value()) {
      return;
    }
    // What its tasks have thrown was sent before they ended.
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

/// Resolves tasks that the worker has ended.
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
