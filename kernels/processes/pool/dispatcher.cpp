#include "processes/pool/dispatcher.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "processes/pool/dispatcher_lock.hpp"

namespace processes {

namespace {

constexpr std::chrono::years longest_deadline{100};  // longer ones overflow the time point at which the deadline ends

/// CPUs that this program may use. sched_getaffinity fails on a machine with more CPUs than cpu_set_t holds, 1,024.
std::size_t processors() {
  cpu_set_t set;
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<std::size_t>(CPU_COUNT(&set))
                                                       : std::max(1U, std::thread::hardware_concurrency());
}

void check_deadline(std::chrono::nanoseconds deadline, const char* whose) {
  if (deadline.count() >= 0 && deadline <= longest_deadline) return;
  throw std::invalid_argument(std::string(whose) + " must be between 0 (none) and 100 years");
}

std::size_t checked(int workers, const PoolOptions& options) {
  const auto reject = [](const std::string& what) { throw std::invalid_argument("a pool cannot be made: " + what); };
  if (workers < 1 || workers > most_workers) {
    reject(fmt::format("{} workers; choose 1 to {}", workers, most_workers));
  }
  if (options.attempts < 1) reject(fmt::format("attempts is {}; it must be at least 1", options.attempts));
  if (options.max_start_failures < 1)
    reject(fmt::format("max_start_failures is {}; it must be at least 1", options.max_start_failures));
  check_deadline(options.deadline, "a pool cannot be made: its deadline");
  if (options.start_patience.count() < 0) reject("start_patience is negative; it must be 0 or more");
  if (options.spin.count() < 0 || options.spin > longest_spin) reject("spin must be between 0 (never) and 10 ms");
  constexpr std::size_t most_bytes = std::size_t{1} << 40U;
  if (options.message_limit < least_message_limit || options.message_limit > most_bytes) {
    reject(fmt::format("message_limit is {} bytes; choose {} to 2^40", options.message_limit, least_message_limit));
  }
  // Two descriptors of the supervisor's first packet serve other purposes.
  constexpr std::size_t most_regions = PacketSocket::most_descriptors - 2;
  if (options.shared.size() > most_regions) {
    reject(fmt::format("{} shared memory regions; the limit is {}", options.shared.size(), most_regions));
  }
  for (std::size_t position = 0; position < options.shared.size(); ++position) {
    if (options.shared[position].file()) continue;
    reject(fmt::format("shared memory region {} is empty or belongs to another process", position));
  }
  return static_cast<std::size_t>(workers);
}

WorkerSettings settings_of(const PoolOptions& options) {
  WorkerSettings settings;
  settings.transport.transport = options.transport;
  settings.transport.message_limit = options.message_limit;
  settings.transport.message_limit = attainable_limit(settings.transport);
  // Reading a pipe takes a system call, so spinning on it saves nothing.
  if (options.transport == Transport::shared) settings.transport.spin = options.spin;
  settings.tasks_per_worker = options.tasks_per_worker;
  settings.initialiser = options.initialiser;
  settings.rethrown = options.rethrown;
  settings.signals = signal_actions();
  return settings;
}

}  // namespace

Dispatcher::Dispatcher(int workers, PoolOptions options)
    : options_(std::move(options)),
      settings_(settings_of(options_)),
      wanted_(checked(workers, options_)),
      processors_(processors()),
      spinner_(settings_.transport.spin) {
  const NotCancelled not_cancelled;
  // Workers, as copies of this program, could otherwise write to memory that they should only read.
  board_.memory().leave_out_of_forks();
  supervisor_.start(settings_, settings_.signals, board_, options_.shared, true);
  for (std::size_t i = 0; i < wanted_; ++i) begin_worker();
  supervisor_.wait_until_begun();
  while (std::ranges::any_of(workers_, [](const Worker& worker) { return worker.pid == 0; })) {
    const auto event = supervisor_.next_event(true);
    if (event && event->kind == SupervisorEvent::Kind::not_begun) {
      throw system_error(static_cast<int>(event->value),
                         fmt::format("worker {} of {} cannot be started", event->worker, wanted_), "fork");
    }
    if (event) handle(*event);
  }
  events_seen_ = doorbell_.events();
  made_ = true;
  if (options_.driver) begin_driver();
}

Dispatcher::~Dispatcher() {
  const NotCancelled not_cancelled;
  terminate();
  if (mark_.here()) {
    end_driver();
  } else {  // in a forked child it would wait for the parent's threads
    static_cast<void>(changed_.release());
    static_cast<void>(driver_.release());
  }
}

void Dispatcher::require_owner() const {
  if (!mark_.here()) {
    throw std::logic_error(
        "a pool was used in a forked child of the process that made it: make another pool in the child");
  }
}

void Dispatcher::submit(const std::shared_ptr<Batch>& batch, std::size_t chunk) {
  require_owner();
  CallTerms terms = batch->terms();
  check_deadline(terms.deadline, "the deadline of a call");
  if (terms.deadline.count() == 0) terms.deadline = options_.deadline;
  batch->set_terms(terms);
  const Lock lock(*this);
  if (!broken_.empty() && workers_.empty()) throw PoolClosed(broken_);
  if (closed_) throw PoolClosed("the pool is closed: it accepts no more tasks");
  // The driving thread computed its sleep time before these tasks came; it sees them once it has the lock.
  if (driven_) doorbell_.ring();
  if (driver_) changed_->notify_all();
  // Idle time does not count. But even a pool with short calls must check everything periodically.
  if (const auto now = Clock::now(); !has_work() && next_look_ <= now) next_look_ = now + longest_without_look;
  if (open_call(batch, chunk)) return;
  const auto waited = static_cast<std::ptrdiff_t>(waiting_.size());
  try {
    for (std::size_t begin = 0; begin < batch->tasks(); begin += chunk) {
      waiting_.push_back({batch, begin, std::min(begin + chunk, batch->tasks())});
    }
  } catch (...) {  // nothing may refer to the caller's arguments after this has thrown
    waiting_.erase(waiting_.begin() + waited, waiting_.end());
    throw;
  }
  try {
    assign();
  } catch (const std::exception&) {
    // Some tasks may be outstanding. Their waiting caller gets this error again if it persists.
  }
}

void Dispatcher::abandon(Batch& batch) noexcept {
  if (!mark_.here()) return;
  const Lock lock(*this);
  batch.abandon();
  if (call_.batch.get() == &batch) abandon_call();
  std::erase_if(waiting_, [&](const Request& request) {
    if (request.batch.get() != &batch) return false;
    fail(request, "the caller stopped waiting for the task");
    return true;
  });
  changed_->notify_all();
}

void Dispatcher::wait(const Batch& batch) {
  require_owner();
  Lock lock(*this);
  while (!batch.resolved()) turn(lock, Patience::until_news);
}

bool Dispatcher::wait(const Batch& batch, std::chrono::nanoseconds timeout) {
  require_owner();
  Lock lock(*this);
  const auto now = Clock::now();
  const auto end = timeout < Clock::time_point::max() - now ? now + timeout : Clock::time_point::max();
  // Even a timeout of 0 finds a result that has arrived.
  if (!batch.resolved()) turn(lock, Patience::none);
  while (!batch.resolved() && Clock::now() < end) turn(lock, Patience::until_news, end);
  return batch.resolved();
}

std::size_t Dispatcher::wait_for_any(const std::vector<const Batch*>& batches) {
  require_owner();
  Lock lock(*this);
  while (true) {
    const auto found = std::ranges::find_if(batches, &Batch::resolved);
    if (found != batches.end()) return static_cast<std::size_t>(found - batches.begin());
    turn(lock, Patience::until_news);
  }
}

bool Dispatcher::resolved(const Batch& batch) {
  require_owner();
  Lock lock(*this);
  if (!batch.resolved()) turn(lock, Patience::none);
  return batch.resolved();
}

void Dispatcher::close() {
  require_owner();
  const Lock lock(*this);
  closed_ = true;
}

void Dispatcher::join() {
  require_owner();
  Lock lock(*this);
  if (!closed_) throw std::logic_error("join before close: close the pool first, then wait for it");
  while (has_work()) turn(lock, Patience::until_news);
  joining_ = true;
  while (!workers_.empty()) {
    for (Worker& worker : workers_) {
      if (worker.pid != 0) end(worker);  // the others are asked to end once they have started
    }
    turn(lock, Patience::until_news);
  }
  supervisor_.stop();
}

void Dispatcher::terminate() {
  if (!mark_.here()) {  // a copy in a forked child: the workers belong to the parent
    supervisor_.abandon();
    return;
  }
  Lock lock(*this);
  closed_ = true;
  terminating_ = true;
  while (driven_) {
    doorbell_.ring();
    lock.wait(*changed_);
  }
  supervisor_.ask_to_stop();
  // Idle workers do not write any more, so their memory can be unmapped while they end.
  if (busy_ == 0 && !call_.batch) workers_.clear();
  supervisor_.stop();
  const char* const reason = "the pool was terminated before the task had ended";
  for (Worker& worker : workers_) {
    try {
      collect(worker);  // keep outcomes that have arrived
      bury_in_call(worker, std::nullopt);
    } catch (const std::exception&) {
      // No memory to read them. Nothing else here needs any: a pool must be able to end.
    }
    for (const Request& request : worker.outstanding) fail(request, reason);
  }
  workers_.clear();
  abandon_call();
  busy_ = 0;
  fail_waiting(reason);
  terminating_ = false;
  changed_->notify_all();
}

std::vector<pid_t> Dispatcher::pids() {
  require_owner();
  const Lock lock(*this);
  std::vector<pid_t> pids;
  for (const Worker& worker : workers_) {
    if (worker.pid != 0) pids.push_back(worker.pid);
  }
  return pids;
}

std::optional<ExitStatus> Dispatcher::lost() {
  require_owner();
  const Lock lock(*this);
  return lost_;
}

PoolStatistics Dispatcher::statistics() {
  require_owner();
  const Lock lock(*this);
  return statistics_;
}

}  // namespace processes
