// Another process kills workers at random moments of many short calls of every kind.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <random>

#include "faults/fault_test.hpp"
#include "processes/os/process_handle.hpp"

namespace faults::call_storm {
namespace {

using processes::Outcome;
using processes::TaskError;
using processes::WorkerLost;

constexpr std::size_t most_tasks = 40;  // tasks a call
constexpr std::size_t slots = 1024;     // calls whose starts are recorded
constexpr std::size_t workers = 4;

/// Shared by all processes of the test.
struct Record {
  std::atomic<pid_t> supervisor = 0;
  std::array<std::atomic<pid_t>, workers> living{};
  std::atomic<int> calls = 0;
  std::atomic<int> kills = 0;
  std::atomic<bool> aims = false;  // at a worker that runs a task
  std::atomic<pid_t> target = 0;   // a worker that runs one
  std::atomic<bool> over = false;
  std::array<std::array<std::atomic<std::uint8_t>, most_tasks>, slots> starts{};
};

Record* record = nullptr;

struct Item {
  std::uint32_t slot;
  std::uint32_t task;
};

int right(std::size_t slot, std::size_t task) { return static_cast<int>(64 * slot + task); }
bool throws(std::size_t slot, std::size_t task) { return slot % 8 == 0 && task % 7 == 5; }

int counted(Item item) {
  ++record->starts.at(item.slot).at(item.task);
  const bool aimed_at = item.task % 8 == 1 && record->aims;
  if (aimed_at) record->target = getpid();
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(aimed_at ? 1'000 : item.task % 4);
  while (std::chrono::steady_clock::now() < end) {
  }
  if (throws(item.slot, item.task)) throw std::runtime_error("thrown");
  return right(item.slot, item.task);
}

/// The same, sent as a message.
int counted_by_message(const std::vector<std::uint32_t>& item) { return counted({item.at(0), item.at(1)}); }

/// Kills a worker every hundred calls: shortly after a call has ended, or within a task.
int kill_until_over() {
  std::minstd_rand random(7);
  for (int next = 0; !record->over;) {
    if (record->calls < next) {
      std::this_thread::sleep_for(std::chrono::microseconds(20));
      continue;
    }
    record->aims = random() % 2 == 0;
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 100));
    const pid_t victim = record->aims ? record->target.exchange(0) : record->living.at(random() % workers).load();
    if (victim == 0) continue;
    // Once there is a handle, no other process can be hit by mistake.
    const processes::ProcessHandle handle(victim);
    if (state_of(victim).parent != record->supervisor) continue;
    if (handle.signal(SIGKILL) == 0) ++record->kills;
    record->aims = false;
    next = record->calls + 1 + static_cast<int>(random() % 200);
  }
  return 0;
}

class CallStorm : public PoolFaultTest {
 protected:
  void begin() {
    record = page.get();
    killer.start();
    make_pool(workers, {.max_start_failures = 1 << 20});
    record->supervisor = state_of(pool->pids().front()).parent;
  }

  void call() {
    switch (random() % 8) {
      case 0:
        call_once();
        break;
      case 1:
        take_all({begin_messages()});
        break;
      case 2:
        take_all({begin_on_board(), begin_messages(), begin_on_board()});
        break;
      default:
        take_all({begin_on_board()});
    }
    if (random() % 8 > 0) return;
    const auto pids = pool->pids();
    for (std::size_t i = 0; i < workers; ++i) record->living.at(i) = i < pids.size() ? pids[i] : 0;
  }

  void end() {
    record->over = true;
    EXPECT_TRUE(killer.join().ok());
    for (std::size_t slot = 0; slot < slots; ++slot) expect_no_late_start(slot);
    EXPECT_EQ(pool->map(same, upto(1000)), upto(1000));
    const auto statistics = pool->statistics();
    EXPECT_EQ(statistics.tasks_retried, 0U);
    EXPECT_LE(lost, statistics.workers_lost) << "a death lost more than the task that it happened in";
    EXPECT_LE(statistics.workers_lost, static_cast<std::uint64_t>(record->kills));
    EXPECT_GT(record->kills, 0);
    RecordProperty("kills", record->kills);
    RecordProperty("lost", static_cast<int>(lost));
    std::printf("%d calls, %d kills, %lu tasks lost\n", record->calls.load(), record->kills.load(), lost);
    pool.reset();
    EXPECT_TRUE(reaped_all());
  }

 private:
  struct Begun {
    std::size_t slot;
    processes::MapFuture<int> future;
  };

  /// The next slot, whose last call ended long ago.
  std::uint32_t take_slot() {
    const std::size_t slot = static_cast<std::size_t>(record->calls++) % slots;
    expect_no_late_start(slot);
    for (std::size_t task = 0; task < most_tasks; ++task) record->starts[slot][task] = started[slot][task] = 0;
    return static_cast<std::uint32_t>(slot);
  }

  void expect_no_late_start(std::size_t slot) {
    for (std::size_t task = 0; task < most_tasks; ++task) {
      ASSERT_EQ(record->starts[slot][task], started[slot][task]) << "started after it was resolved";
    }
  }

  Begun begin_on_board() {
    const std::uint32_t slot = take_slot();
    std::vector<Item> items(1 + random() % most_tasks);
    for (std::uint32_t task = 0; task < items.size(); ++task) items[task] = {slot, task};
    return {slot, pool->map_async(counted, std::move(items), {.chunk = 1 + random() % 5})};
  }

  Begun begin_messages() {
    const std::uint32_t slot = take_slot();
    std::vector<std::vector<std::uint32_t>> items(1 + random() % most_tasks / 4);
    for (std::uint32_t task = 0; task < items.size(); ++task) items[task] = {slot, task};
    return {slot, pool->map_async(counted_by_message, std::move(items), {.chunk = 1 + random() % 3})};
  }

  void call_once() {
    const std::uint32_t slot = take_slot();
    Outcome<int> outcome;
    try {
      outcome.value = pool->apply(counted, Item{slot, 0});
    } catch (...) {
      outcome.error = std::current_exception();
    }
    take(slot, {outcome});
  }

  void take_all(std::vector<Begun> begun) {
    for (auto& [slot, future] : begun) take(slot, future.outcomes());
  }

  void take(std::size_t slot, const std::vector<Outcome<int>>& outcomes) {
    for (std::size_t task = 0; task < outcomes.size(); ++task) {
      const auto& [value, error] = outcomes[task];
      const int times = record->starts[slot][task];
      started[slot][task] = record->starts[slot][task];
      if (value) {
        ASSERT_EQ(*value, right(slot, task));
        ASSERT_EQ(times, 1);
        ASSERT_FALSE(error || throws(slot, task));
      } else if (const auto thrown = as<TaskError>(error)) {
        ASSERT_EQ(thrown->index, task);
        ASSERT_EQ(times, 1);
        ASSERT_TRUE(throws(slot, task));
      } else {
        const auto death = as<WorkerLost>(error);
        ASSERT_TRUE(death) << "neither a value nor an allowed error";
        ASSERT_EQ(death->index, task);
        ASSERT_EQ(death->attempts, 1);
        ASSERT_EQ(death->status, (processes::ExitStatus{processes::ExitStatus::Kind::signalled, SIGKILL}));
        ASSERT_LE(times, 1);
        ++lost;
      }
    }
  }

  SharedPage<Record> page;
  processes::Process killer{kill_until_over};
  std::array<std::array<std::uint8_t, most_tasks>, slots> started{};  // the expected number of starts
  std::uint64_t lost = 0;
  static inline unsigned repetitions = 0;
  std::minstd_rand random{42 + repetitions++};  // another storm with each --gtest_repeat
};

TEST_P(CallStorm, EachTaskIsResolvedCorrectlyAndStartedAtMostOnce) {
  const bool shared = GetParam() == processes::Transport::shared;
  const int calls = shared ? scaled(5'000, 250'000) : scaled(2'000, 50'000);
  begin();
  while (record->calls < calls && !HasFatalFailure()) call();
  end();
}

WITH_BOTH_TRANSPORTS(CallStorm);

}  // namespace
}  // namespace faults::call_storm
