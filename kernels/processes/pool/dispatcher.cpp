#include "processes/pool/dispatcher.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace processes {

namespace {

constexpr int most_workers = 4096;
constexpr std::chrono::years longest_deadline{100};  // beyond, and the time when it ends would overflow

/// That this program may use. sched_getaffinity fails where there are more than its set holds, 1,024.
std::size_t processors() {
  cpu_set_t set;
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<std::size_t>(CPU_COUNT(&set))
                                                       : std::max(1U, std::thread::hardware_concurrency());
}

std::size_t checked(int workers, const PoolOptions& options) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("a pool cannot be made: " + what); };
  if (workers < 1 || workers > most_workers) {
    refuse(fmt::format("{} workers, choose from 1 to {}", workers, most_workers));
  }
  if (options.attempts < 1) refuse(fmt::format("{} attempts a task, at least 1 is needed", options.attempts));
  if (options.max_start_failures < 1)
    refuse(fmt::format("a max_start_failures of {}, at least 1 is needed", options.max_start_failures));
  if (options.deadline.count() < 0 || options.deadline > longest_deadline) {
    refuse("its deadline has to be from 0, which is none, to 100 years");
  }
  constexpr std::size_t most_bytes = std::size_t{1} << 40U;
  if (options.message_limit < least_message_limit || options.message_limit > most_bytes) {
    refuse(
        fmt::format("a message_limit of {} bytes, choose from {} to 2^40", options.message_limit, least_message_limit));
  }
  // Two of a supervisor's first packet are for other things.
  constexpr std::size_t most_regions = PacketSocket::most_descriptors - 2;
  if (options.shared.size() > most_regions) {
    refuse(fmt::format("{} pieces of shared memory, at most {} can be", options.shared.size(), most_regions));
  }
  for (std::size_t position = 0; position < options.shared.size(); ++position) {
    if (options.shared[position].file()) continue;
    refuse(fmt::format("shared memory {} of its options is empty, or another process's", position));
  }
  return static_cast<std::size_t>(workers);
}

WorkerSettings settings_of(const PoolOptions& options) {
  WorkerSettings settings;
  settings.transport.transport = options.transport;
  settings.transport.message_limit = options.message_limit;
  // A pipe tells nothing without a system call, so there is nothing to spin on.
  if (options.transport == Transport::shared) settings.transport.spin = options.spin;
  settings.tasks_per_worker = options.tasks_per_worker;
  settings.publish_times = options.deadline.count() > 0;
  settings.initialiser = options.initialiser;
  return settings;
}

}  // namespace

class Dispatcher::Lock {
 public:
  explicit Lock(Dispatcher& dispatcher) : lock_(dispatcher.mutex_, std::defer_lock) {
    if (lock_.try_lock()) return;
    ++dispatcher.entering_;
    lock_.lock();
    --dispatcher.entering_;
  }
  std::unique_lock<std::mutex>& operator*() { return lock_; }

 private:
  std::unique_lock<std::mutex> lock_;
};

Dispatcher::Dispatcher(int workers, PoolOptions options)
    : options_(std::move(options)),
      settings_(settings_of(options_)),
      wanted_(checked(workers, options_)),
      processors_(processors()),
      spinner_(settings_.transport.spin) {
  supervisor_.start(settings_, doorbell_, options_.shared);
  for (std::size_t i = 0; i < wanted_; ++i) begin_worker();
  while (std::ranges::any_of(workers_, [](const Worker& worker) { return worker.pid == 0; })) {
    const auto event = supervisor_.next_event(true);
    if (event && event->kind == SupervisorEvent::Kind::not_begun) {
      throw system_error(static_cast<int>(event->value),
                         fmt::format("worker {} of {} cannot be started", event->worker, wanted_), "fork");
    }
    if (event) handle(*event);
  }
  made_ = true;
}

Dispatcher::~Dispatcher() { terminate(); }

void Dispatcher::require_owner() const {
  if (!mark_.here()) {
    throw std::logic_error("a pool belongs to the process that made it: make another one in the child");
  }
}

void Dispatcher::submit(const std::shared_ptr<Batch>& batch, std::size_t chunk) {
  require_owner();
  const Lock lock(*this);
  if (!broken_.empty() && workers_.empty()) throw PoolClosed(broken_);
  if (closed_) throw PoolClosed("the pool is closed: it takes no more tasks");
  // Who drives sleeps for as long as it was needed before these tasks came; it sees them once it has the lock.
  if (driven_) doorbell_.ring();
  const auto waited = static_cast<std::ptrdiff_t>(waiting_.size());
  try {
    for (std::size_t begin = 0; begin < batch->tasks(); begin += chunk) {
      waiting_.push_back({batch, begin, std::min(begin + chunk, batch->tasks())});
    }
  } catch (...) {  // the caller's arguments may be gone once this has thrown, so nothing may refer to them
    waiting_.erase(waiting_.begin() + waited, waiting_.end());
    throw;
  }
  try {
    assign();
  } catch (const std::exception&) {
    // Some of the tasks may be on their way; who waits for them meets the same again, or not.
  }
}

void Dispatcher::wait(const Batch& batch) {
  require_owner();
  Lock lock(*this);
  while (!batch.resolved()) turn(lock, Patience::until_news);
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
  if (!closed_) throw std::logic_error("join before close: close the pool first, so that its work can end");
  while (has_work()) turn(lock, Patience::until_news);
  joining_ = true;
  for (Worker& worker : workers_) {
    if (worker.pid != 0) end(worker);  // the others are asked to end when they have begun
  }
  while (!workers_.empty()) turn(lock, Patience::until_news);
  supervisor_.stop();
}

void Dispatcher::terminate() {
  if (!mark_.here()) {  // a copy in a forked child: the workers are its parent's
    supervisor_.abandon();
    return;
  }
  Lock lock(*this);
  closed_ = true;
  terminating_ = true;
  while (driven_) {
    doorbell_.ring();
    changed_.wait(*lock);
  }
  supervisor_.stop();
  for (Worker& worker : workers_) {
    collect(worker);  // what was done counts
    std::ranges::move(worker.outstanding, std::back_inserter(waiting_));
  }
  workers_.clear();
  busy_ = 0;
  fail_waiting("the pool was terminated before the task had ended");
  terminating_ = false;
  changed_.notify_all();
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

/// Does what can be done now; then, if nothing came of it, waits for news if it may.
void Dispatcher::turn(Lock& lock, Patience patience) {
  if (driven_ || terminating_) {
    if (patience == Patience::none) return;
    ++sleepers_;
    changed_.wait(*lock);
    --sleepers_;
    return;
  }
  if (advance() || (patience == Patience::until_news && spin())) {
    // However fast outcomes come, the supervisor, late tasks and other threads are to be heard too.
    constexpr int most_turns_without = 256;
    if (entering_ == 0 && ++turns_awake_ < most_turns_without) return;
    patience = Patience::none;
  }
  turns_awake_ = 0;
  sleep(lock, patience);
}

/// Takes the outcomes that are there and hands out what waits. Whether there was an outcome.
bool Dispatcher::advance() {
  const std::uint64_t before = resolved_;
  for (Worker& worker : workers_) {
    if (!worker.outstanding.empty() && worker.channel->has_response()) collect(worker);
  }
  begin_workers();
  assign();
  if (resolved_ == before) return false;
  if (sleepers_ > 0) changed_.notify_all();
  return true;
}

/// Spins for an outcome, only while there are processors for this thread and for all workers that have something to do.
/// Ends also when another thread wants to enter: turn() gives up the lock then.
bool Dispatcher::spin() {
  if (busy_ >= processors_) return false;
  return spinner_.until([this] {
    return entering_.load(std::memory_order_relaxed) > 0 || std::ranges::any_of(workers_, [](const Worker& worker) {
             return !worker.outstanding.empty() && worker.channel->has_response();
           });
  });
}

/// Sleeps until a worker rings, the supervisor has something to tell, or it is time to look; without the lock.
void Dispatcher::sleep(Lock& lock, Patience patience) {
  for (Worker& worker : workers_) worker.channel->control().parent_sleeps.store(1, std::memory_order_relaxed);
  // Either a worker sees that this sleeps, or what it has sent and the room that it has made are seen here.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const std::uint64_t before = resolved_;
  assign();
  bool news = resolved_ != before || supervisor_.has_event();
  polled_.clear();
  polled_.push_back({doorbell_.descriptor().get(), POLLIN, 0});
  polled_.push_back({supervisor_.descriptor().get(), POLLIN, 0});
  for (const Worker& worker : workers_) {
    if (worker.outstanding.empty() || worker.damaged) continue;  // it has nothing to say that would be heard
    news = news || worker.channel->has_response();
    worker.channel->add_polled(polled_);
  }
  const int limit = news ? 0 : timeout(patience);
  driven_ = true;
  (*lock).unlock();
  const int found = ::poll(polled_.data(), polled_.size(), limit);
  const int error = errno;
  (*lock).lock();
  driven_ = false;
  if (sleepers_ > 0 || terminating_) changed_.notify_all();
  for (Worker& worker : workers_) {
    worker.channel->control().parent_sleeps.store(0, std::memory_order_relaxed);
    worker.channel->take_polled(polled_);
  }
  if (found < 0 && error != EINTR) throw std::system_error(error, std::generic_category(), "poll");
  if (found > 0 && polled_[0].revents != 0) static_cast<void>(doorbell_.take());
  if (supervisor_.has_event() || (found > 0 && polled_[1].revents != 0)) {
    while (const auto event = supervisor_.next_event(false)) handle(*event);
  }
  for (Worker& worker : workers_) worker.channel->flush();
  kill_late_workers();
  advance();
}

/// Milliseconds until something has to be looked at; -1 is never.
int Dispatcher::timeout(Patience patience) const {
  if (patience == Patience::none) return 0;
  std::optional<Clock::time_point> next;
  for (const Worker& worker : workers_) {
    auto end = expiry(worker);
    if (!end) continue;
    // From when on a worker is ready for its first task is not reported.
    if (worker.finished == 0) end = std::min(*end, Clock::now() + options_.deadline);
    if (!next || *end < *next) next = end;
  }
  if (wants_worker() && (!next || next_begin_ < *next)) next = next_begin_;
  if (!next) return -1;
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()).count();
  constexpr std::int64_t longest = 3'600'000;
  return static_cast<int>(std::clamp<std::int64_t>(rest, 0, longest));
}

}  // namespace processes
