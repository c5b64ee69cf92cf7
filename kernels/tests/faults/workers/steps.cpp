// A worker is killed at every step of the protocol, the first, second and third time that any worker reaches it.
#include <array>
#include <atomic>

#include "faults/fault_test.hpp"

namespace faults::steps {
namespace {

using processes::Outcome;
using processes::Step;
using processes::Transport;
using processes::WorkerLost;

/// The fate of the worker's current task. A worker rings and sleeps between tasks, and within one if it waits for room
/// for a result.
enum class Task { lost, kept, lost_if_within };

/// How tasks get to workers: as messages of a transport, or as chunks of a call on the board.
enum class Way { shared, pipe, board };

struct Ways {
  bool shared = true;
  bool pipe = true;
  bool board = true;
};

/// What a death at each step costs, and in which ways a worker reaches it.
struct Death {
  Step step;
  const char* name;
  Task task;
  Ways ways = {};
};

constexpr Ways board_only{.shared = false, .pipe = false};
constexpr std::array deaths{
    Death{.step = Step::worker_forked, .name = "worker_forked", .task = Task::kept},
    Death{.step = Step::worker_initialised, .name = "worker_initialised", .task = Task::kept},
    Death{.step = Step::worker_ready, .name = "worker_ready", .task = Task::kept},
    Death{.step = Step::request_found, .name = "request_found", .task = Task::kept, .ways = {.board = false}},
    Death{.step = Step::task_started, .name = "task_started", .task = Task::lost},
    Death{.step = Step::task_ran, .name = "task_ran", .task = Task::lost},
    Death{.step = Step::message_encoded, .name = "message_encoded", .task = Task::lost, .ways = {.board = false}},
    Death{.step = Step::outcome_published, .name = "outcome_published", .task = Task::kept, .ways = {.board = false}},
    Death{.step = Step::request_freed, .name = "request_freed", .task = Task::kept, .ways = {.board = false}},
    Death{.step = Step::chunk_found, .name = "chunk_found", .task = Task::kept, .ways = board_only},
    Death{.step = Step::chunk_noted, .name = "chunk_noted", .task = Task::kept, .ways = board_only},
    Death{.step = Step::chunk_claimed, .name = "chunk_claimed", .task = Task::kept, .ways = board_only},
    Death{.step = Step::task_ended, .name = "task_ended", .task = Task::kept, .ways = board_only},
    Death{.step = Step::chunks_counted, .name = "chunks_counted", .task = Task::kept, .ways = board_only},
    Death{.step = Step::before_ring, .name = "before_ring", .task = Task::lost_if_within, .ways = {.pipe = false}},
    Death{.step = Step::before_sleep, .name = "before_sleep", .task = Task::lost_if_within},
    Death{.step = Step::after_sleep, .name = "after_sleep", .task = Task::lost_if_within, .ways = {.pipe = false}},
};
static_assert(deaths.size() == processes::steps, "a step is missing");

struct Plan {
  pid_t program = getpid();
  Step step{};
  int occurrence = 1;
  bool within_a_task = false;  // the occurrence must be within a task
  std::atomic<int> occurrences = 0;
  std::atomic<bool> struck = false;
  std::atomic<bool> struck_within = false;
  std::atomic<bool> waits_for_room = false;
  std::atomic<bool> goes_on = false;  // a worker that has freed a request
};

Plan* plan = nullptr;

void cut_short(Step step) {
  static bool within = false;
  if (getpid() == plan->program) return;
  if (step == Step::task_started) within = true;
  if (step == Step::outcome_published || step == Step::task_ended) within = false;
  if (step == Step::before_sleep && within) plan->waits_for_room = true;
  if (step != plan->step || (plan->within_a_task && !within)) return;
  if (++plan->occurrences != plan->occurrence) return;
  plan->struck_within = within;
  plan->struck = true;
  raise(SIGKILL);
}

void hold_after_a_request(Step step) {
  if (step == Step::request_freed && getpid() != plan->program) wait_until([] { return plan->goes_on.load(); });
}

std::string echo(std::string text) { return text; }

class Steps : public FaultTest, public testing::WithParamInterface<std::tuple<Death, Way>> {
 protected:
  /// The number of lost tasks; all others must be right.
  template <class Result, class Expected>
  static std::size_t lost_of(processes::MapFuture<Result> future, const Expected& expected) {
    const auto outcomes = future.outcomes();
    EXPECT_TRUE(wrong(outcomes, expected).empty());
    const auto lost = failed_with<WorkerLost>(outcomes);
    for (const std::size_t task : lost) {
      const auto error = as<WorkerLost>(outcomes[task].error);
      EXPECT_EQ(error->status, (processes::ExitStatus{processes::ExitStatus::Kind::signalled, SIGKILL}));
      EXPECT_EQ(error->attempts, 1);
    }
    return lost.size();
  }

  /// Maps until a worker was killed and the pool has noticed.
  static void expect_the_cost(int workers, int occurrence, int attempts, std::size_t text_size) {
    const auto& [death, way] = GetParam();
    const SharedPage<Plan> page;
    page->step = death.step;
    page->occurrence = occurrence;
    plan = page.get();
    processes::on_step = cut_short;
    // Without spinning, so that every process sleeps.
    processes::ProcessPool pool(workers, {.transport = way == Way::pipe ? Transport::pipe : Transport::shared,
                                          .attempts = attempts,
                                          .spin = std::chrono::nanoseconds(0)});
    const std::vector<std::string> texts(12, std::string(text_size, 'x'));
    std::size_t lost = 0;
    while (pool.statistics().workers_lost == 0) {
      if (way == Way::board) {
        lost +=
            lost_of(pool.map_async(same, upto(12), {.chunk = 2}), [](std::size_t i) { return static_cast<int>(i); });
      } else {
        lost += lost_of(pool.map_async(echo, texts, {.chunk = 2}), [&](std::size_t) { return texts.front(); });
      }
    }
    EXPECT_TRUE(plan->struck) << "a worker was lost that was not killed";
    const bool cost = death.task == Task::lost_if_within ? plan->struck_within.load() : death.task == Task::lost;
    EXPECT_EQ(lost, cost && attempts == 1 ? 1U : 0U);
    EXPECT_EQ(pool.statistics().workers_lost, 1U);
    EXPECT_EQ(pool.statistics().tasks_retried, cost && attempts > 1 ? 1U : 0U);
    EXPECT_EQ(pool.map(same, upto(100)), upto(100));
  }
};

TEST_P(Steps, DeathsLoseWhatTheTableSays) {
  constexpr std::size_t in_the_ring = 10;
  constexpr std::size_t next_to_the_ring = 600'000;
  for (const int attempts : {1, 2}) {
    for (const std::size_t size : {in_the_ring, next_to_the_ring}) {
      if (size == next_to_the_ring && std::get<Way>(GetParam()) == Way::board) continue;
      for (const int occurrence : {1, 2, 3}) {
        SCOPED_TRACE(testing::Message() << "occurrence " << occurrence << ", " << attempts << " attempts, texts of "
                                        << size << " bytes");
        expect_the_cost(3, occurrence, attempts, size);
      }
    }
    // With several workers, the others' rings make the pool check the dead one's memory; with one, only its death does.
    SCOPED_TRACE(testing::Message() << "one worker, " << attempts << " attempts");
    expect_the_cost(1, 1, attempts, in_the_ring);
  }
}

std::vector<std::tuple<Death, Way>> all_deaths() {
  std::vector<std::tuple<Death, Way>> all;
  for (const Death& death : deaths) {
    if (death.ways.shared) all.emplace_back(death, Way::shared);
    if (death.ways.pipe) all.emplace_back(death, Way::pipe);
    if (death.ways.board) all.emplace_back(death, Way::board);
  }
  return all;
}

std::string death_name(const testing::TestParamInfo<Steps::ParamType>& tested) {
  const auto& [death, way] = tested.param;
  return std::string(death.name) + (way == Way::shared ? "_shared" : way == Way::pipe ? "_pipe" : "_board");
}

INSTANTIATE_TEST_SUITE_P(, Steps, testing::ValuesIn(all_deaths()), death_name);

class FullRing : public FaultTest, public testing::WithParamInterface<Step> {};

TEST_P(FullRing, ADeathLosesTheTaskThatWaitsForRoom) {
  for (const int attempts : {1, 2}) {
    const SharedPage<Plan> page;
    page->step = GetParam();
    page->within_a_task = true;
    plan = page.get();
    processes::on_step = cut_short;
    processes::ProcessPool pool(1, {.attempts = attempts});
    const auto large = +[](int x) { return std::string(400'000, static_cast<char>('a' + x)); };
    auto future = pool.map_async(large, upto(8), {.chunk = 8});
    wait_until([] { return plan->waits_for_room.load(); });  // it gets there, since nobody empties the ring
    const auto outcomes = future.outcomes();
    EXPECT_TRUE(plan->struck);
    EXPECT_TRUE(
        wrong(outcomes, [](std::size_t i) { return std::string(400'000, static_cast<char>('a' + i)); }).empty());
    EXPECT_EQ(failed_with<WorkerLost>(outcomes).size(), attempts == 1 ? 1U : 0U);
    EXPECT_EQ(pool.statistics().tasks_retried, attempts == 1 ? 0U : 1U);
  }
}

INSTANTIATE_TEST_SUITE_P(, FullRing, testing::Values(Step::before_sleep, Step::after_sleep));

class QueuedRequests : public FaultTest {};

TEST_F(QueuedRequests, ThatADeathInACallLeftBehindDoNotFail) {
  const SharedPage<Plan> page;
  plan = page.get();
  processes::on_step = hold_after_a_request;
  processes::ProcessPool pool(1, {.max_start_failures = 1});
  const pid_t first_worker = pool.apply(+[](int) { return getpid(); }, 0);
  // Its worker has got both before it goes on. After a request, it looks at the board first.
  auto queued = pool.apply_async(+[](int) { return getpid(); }, 0);
  auto death = pool.map_async(die_by, {SIGKILL}, {.chunk = 1});
  plan->goes_on = true;
  EXPECT_NE(queued.get(), first_worker);
  EXPECT_TRUE(as<WorkerLost>(death.outcomes().front().error));
  EXPECT_EQ(pool.statistics().workers_lost, 1U);
}

}  // namespace
}  // namespace faults::steps
