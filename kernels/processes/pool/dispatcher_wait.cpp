// How threads wait.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <optional>
#include <thread>

#include "processes/pool/dispatcher_lock.hpp"

namespace processes {

/// Does what can be done now. If nothing resulted and `patience` allows it, waits for news until `end`.
void Dispatcher::turn(Lock& lock, Patience patience, Clock::time_point end) {
  if (driven_ || terminating_) {
    if (patience == Patience::until_news) Following(*this, lock).sleep(end);
    return;
  }
  if (advance() || (patience == Patience::until_news && spin(end))) {
    // However fast outcomes come, the supervisor, late tasks and other threads must get their turn.
    constexpr int most_turns_without = 256;
    if (entering_ == 0 && ++turns_awake_ < most_turns_without) return;
    // The lock is not fair: without this wait, this thread would get it again first.
    lock.unlock();
    while (entering_ > 0) std::this_thread::yield();
    lock.lock_after_others();
    if (driven_ || terminating_) return;
    patience = Patience::none;
  }
  turns_awake_ = 0;
  sleep(lock, patience, end);
}

/// Takes outcomes that have arrived and sends waiting requests. True if a task was resolved.
bool Dispatcher::advance() {
  const std::uint64_t before = resolved_;
  for (Worker& worker : workers_) {
    if ((!worker.outstanding.empty() || call_.batch) && worker.channel->has_response()) collect(worker);
  }
  if (call_.batch && (call_.in_doubt || board_.all_ended())) settle_call();
  begin_workers();
  assign();
  if (resolved_ == before) return false;
  if (sleepers_ > 0) changed_->notify_all();
  return true;
}

/// Whether advance() has something to do, as far as is known without a system call.
bool Dispatcher::has_news() const {
  if (call_has_news()) return true;
  return std::ranges::any_of(workers_, [this](const Worker& worker) {
    // Messages of a damaged worker are not read.
    return (!worker.outstanding.empty() || call_.batch) && !worker.damaged && worker.channel->has_response();
  });
}

/// Spins for an outcome, at most until `end` and until a task is late; true if there is one. Also ends, with true, when
/// another thread enters: turn() releases the lock then. Ends with false at an event of the supervisor, which sleep()
/// handles.
bool Dispatcher::spin(Clock::time_point end) {
  const auto entering = [this] { return entering_.load(std::memory_order_relaxed) > 0; };
  const auto event = [this] { return doorbell_.events() != events_seen_; };
  const auto until_news = [&](std::chrono::nanoseconds alone, std::chrono::nanoseconds expected) {
    const auto news = [this] { return has_news(); };
    const bool came =
        spinner_.until(news, alone, expected, std::min(end, earliest_expiry()), [&] { return entering() || event(); });
    return !event() && (came || entering());
  };
  // Only while there are CPUs for this thread and for all busy workers.
  if (busy_ > 0 || !call_.batch) return busy_ < processors_ && until_news(Spinner::short_time, {});
  const auto at_once = std::min<std::size_t>(workers_.size(), processors_);
  const auto expected = call_.work / static_cast<std::int64_t>(std::max<std::size_t>(1, at_once));
  constexpr int most_spins = 10;  // a wake-up costs a few percent of that
  if (expected >= most_spins * spinner_.longest()) return false;
  const auto alone =
      call_.work < short_call ? 2 * call_.work + std::chrono::microseconds(2) : std::chrono::nanoseconds(0);
  return until_news(alone, std::min(expected, longest_spin - spinner_.longest()));
}

/// Sleeps without the lock until a worker or the supervisor rings, or until the next check is due.
void Dispatcher::sleep(Lock& lock, Patience patience, Clock::time_point end) {
  // Either a worker sees that this sleeps, or this sees what the worker has sent and the room that it has made.
  doorbell_.about_to_sleep();
  const std::uint64_t before = resolved_;
  for (Worker& worker : workers_) worker.channel->flush();
  assign();
  if (call_.batch) {
    if (call_.in_doubt) settle_call();
    if (call_.batch && board_.reached() < call_.settled.size()) wake_for_call(std::numeric_limits<std::size_t>::max());
  }
  const bool news = resolved_ != before || supervisor_.has_event() || doorbell_.events() != events_seen_ || has_news();
  if (news || patience == Patience::none) {
    doorbell_.awake();
    if (patience == Patience::until_news) spinner_.slept(Clock::duration::zero());
  } else {
    const auto since = Clock::now();
    const auto longest = std::clamp<Clock::duration>(end - since, Clock::duration::zero(), timeout());  // locked
    Driving(*this, lock).sleep(longest);
    spinner_.slept(Clock::now() - since);
  }
  if (const auto now = Clock::now();
      doorbell_.events() != events_seen_ || supervisor_.has_event() || now >= next_look_) {
    if (now >= next_look_) look_at_everything();
    next_look_ = now + longest_without_look;
    events_seen_ = doorbell_.events();
    while (const auto event = supervisor_.next_event(false)) handle(*event);
  }
  kill_late_workers();
  advance();
}

/// Checks for events without a wake-up: a worker that was not woken, a ring that was lost.
void Dispatcher::look_at_everything() {
  supervisor_.go_on_if_stopped();
  for (Worker& worker : workers_) {
    if (worker.outstanding.empty() && !worker.ending && !call_.batch) continue;
    if (!worker.started_when_killed) worker.channel->control().halt.store(0, std::memory_order_relaxed);
    // If a task has overwritten it, the worker would claim no more chunks.
    if (worker.pid != 0) worker.channel->control().is_known.store(1, std::memory_order_relaxed);
    worker.channel->nudge();
    collect(worker);
  }
  if (!call_.batch) return;
  settle_call();
  if (!call_.batch) return;
  take_back_chunks(board_.reached());
  fail_unnoted_chunks({ExitStatus::Kind::unknown, 0});
  close_call_if_settled();
}

/// The time until the next check is due.
std::chrono::nanoseconds Dispatcher::timeout() const {
  const auto now = Clock::now();
  Clock::time_point next = std::min(std::max(next_look_, now), earliest_expiry());
  if (wants_worker()) next = std::min(next, next_begin_);
  return std::max<Clock::duration>(next - now, Clock::duration::zero());
}

}  // namespace processes
