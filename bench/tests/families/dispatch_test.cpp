#include "families/dispatch/dispatch.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "backends/backend.hpp"
#include "machine/system_files.hpp"
#include "machine/usage/counters.hpp"
#include "processes/pool.hpp"
#include "run_cases.hpp"

namespace {

using bench::Limits;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr Limits enough{.processors = 2, .memory = 8'000'000'000};

std::set<std::string> names(const Limits& limits) {
  std::set<std::string> found;
  for (const bench::Case& each : bench::dispatch::select(limits).cases) {
    EXPECT_TRUE(found.insert(each.name).second) << each.name;
  }
  return found;
}

TEST(DispatchNames, AreThoseThatTheAnalysisReads) {
  std::set<std::string> expected;
  const auto add = [&expected](const std::string& name) { expected.insert("dispatch/" + name); };
  for (const char* operation : {"apply", "map/tasks:100"}) {
    for (const int workers : {1, 2}) {
      for (const char* wait : {"spin", "block"}) {
        add(fmt::format("pool_shared/operation:{}/workers:{}/wait:{}", operation, workers, wait));
      }
    }
  }
  add("pool_shared/operation:apply/workers:2/wait:spin/pause:5ms");
  add("pool_shared/operation:map/tasks:100/workers:2/wait:spin/pause:5ms");
  add("pool_pipe/operation:apply/workers:1/wait:block");
  add("pool_pipe/operation:map/tasks:100/workers:2/wait:block");
  add("eventfd_ping_pong/operation:apply/workers:1/wait:block");
  add("pipe_ping_pong/operation:apply/workers:1/wait:block");
  for (const char* mechanism : {"eventfd_ping_pong", "pipe_ping_pong", "pool_shared", "pool_pipe"}) {
    add(fmt::format("{}/operation:apply/workers:1/wait:block/processors:1", mechanism));
  }
  add("pool_shared/operation:map/tasks:100/workers:2/wait:block/processors:1");
  add("pool_pipe/operation:map/tasks:100/workers:2/wait:block/processors:1");
  add("spin_ping_pong/operation:apply/workers:1/wait:spin");
  for (const int bytes : {8, 4096, 65536, 1048576, 16777216, 268435456}) {
    add(fmt::format("pool_shared/operation:payload/bytes:{}/workers:1/wait:spin", bytes));
    add(fmt::format("memcpy/operation:payload/bytes:{}", bytes));
    if (bytes < 268435456) add(fmt::format("pool_pipe/operation:payload/bytes:{}/workers:1/wait:block", bytes));
  }
  add("pool_shared/operation:lifetime/workers:2/wait:block");
  add("pool_pipe/operation:lifetime/workers:2/wait:block");
  for (const int resident : {0, 1600000000}) {
    add(fmt::format("fork_pipe/operation:fork/resident:{}/workers:2/wait:block", resident));
    add(fmt::format("fork/operation:fork/resident:{}/workers:2/wait:block", resident));
  }
  if (std::ranges::count(backends::registry(), "tbb", &backends::Description::name) > 0) {
    for (const char* pause : {"", "/pause:5ms"}) {
      add(fmt::format("tbb/operation:apply/workers:2{}", pause));
      add(fmt::format("tbb/operation:map/tasks:100/workers:2{}", pause));
    }
  }
  const auto& backends = backends::registry();
  for (const backends::Description& backend : backends) {
    if (!backend.peer) continue;
    add(fmt::format("{}/operation:map/tasks:100/workers:2", backend.name));
    if (backend.warms_up) add(fmt::format("{}/operation:map/tasks:100/workers:2/pause:5ms", backend.name));
  }
  add("std_thread/operation:apply/workers:1");
  if (std::ranges::count(backends, "thread_pool", &backends::Description::name) > 0) {
    add("thread_pool/operation:apply/workers:2");
    add("thread_pool/operation:apply/workers:2/pause:5ms");
    add("thread_pool/operation:lifetime/workers:2");
  }
  if (std::ranges::count(backends, "pthreadpool", &backends::Description::name) > 0) {
    add("pthreadpool/operation:lifetime/workers:2");
  }
  EXPECT_EQ(names(enough), expected);
}

TEST(DispatchPeers, AreSkippedInShortRunsAndOnManyProcessorsInAllButLongOnes) {
  for (const auto& [processors, from] : {std::pair(2, 100'000), {64, 100'000'000}}) {
    int peers = 0;
    for (const bench::Case& each : bench::dispatch::select({.processors = processors, .memory = enough.memory}).cases) {
      const std::string who = each.name.substr(each.name.find('/') + 1);
      const auto backend =
          std::ranges::find(backends::registry(), who.substr(0, who.find('/')), &backends::Description::name);
      const bool peer = backend != backends::registry().end() && backend->peer;
      EXPECT_EQ(each.of_peer, peer) << each.name;
      if (!peer) continue;
      ++peers;
      EXPECT_EQ(each.from_largest_n, from) << each.name;
      EXPECT_EQ(each.kind, bench::Kind::cost) << each.name;
    }
    EXPECT_GE(peers, 2);  // std_thread is in every build
  }
}

TEST(DispatchSelection, SkipsSpinningCasesOnASingleProcessor) {
  const auto selection = bench::dispatch::select({.processors = 1, .memory = enough.memory});
  for (const bench::Case& each : selection.cases) EXPECT_THAT(each.name, Not(HasSubstr("wait:spin")));
  EXPECT_THAT(selection.skipped,
              ElementsAre(HasSubstr("13 cases of family dispatch are skipped: spinning needs 2 CPUs")));
  EXPECT_EQ(selection.cases.size() + 13, bench::dispatch::select(enough).cases.size());
}

TEST(DispatchSelection, SkipsCasesThatExceedMemory) {
  const auto selection = bench::dispatch::select({.processors = 2, .memory = 3'900'000'000});
  for (const bench::Case& each : selection.cases) EXPECT_THAT(each.name, Not(HasSubstr("resident:16")));
  EXPECT_THAT(selection.skipped,
              ElementsAre("2 cases of family dispatch are skipped: they need 4.0 GB of memory, and 3.9 GB "
                          "are available"));
  EXPECT_THAT(bench::dispatch::select(enough).skipped, IsEmpty());
}

TEST(DispatchGroups, KeepTheMemoryOfOneForkCaseFromTheOther) {
  std::map<std::string, int> sizes;
  for (const bench::Case& each : bench::dispatch::select(enough).cases) ++sizes[each.group];
  EXPECT_EQ(sizes.at("dispatch/payload/bytes:8"), 3);
  for (const char* who : {"fork", "fork_pipe"}) {
    for (const int resident : {0, 1600000000}) {
      EXPECT_EQ(sizes.at(fmt::format("dispatch/{}/fork/resident:{}", who, resident)), 1);
    }
  }
}

TEST(DispatchCases, AllRunAndAreRight) {
  Limits limits = bench::limits_here();
  limits.memory = std::min<std::uint64_t>(limits.memory, 2'000'000'000);  // filling more takes long under a sanitizer
  const auto cases = bench::dispatch::select(limits).cases;
  std::set<std::string> peers;
  for (const bench::Case& each : cases) {
    if (each.of_peer) peers.insert(bench::full_name(each));
  }
  const auto runs = run_cases(cases);
  EXPECT_THAT(runs, SizeIs(cases.size()));
  for (const auto& run : runs) {
    const std::string name = run.benchmark_name();
    EXPECT_EQ(error_in(run), std::nullopt) << name;
    EXPECT_TRUE(run.counters.contains("children_cpu_time")) << name;
    EXPECT_TRUE(run.counters.contains("involuntary_switches")) << name;
    EXPECT_EQ(run.counters.contains("bytes_per_second"), name.find("/bytes:") != std::string::npos) << name;
    const double children_cpu_time = run.counters.at("children_cpu_time").value;
    EXPECT_GE(children_cpu_time, 0) << name;
    EXPECT_GE(run.counters.at("involuntary_switches").value, 0) << name;
    const bool forks = name.find("/fork") != std::string::npos;
    if (forks || (name.find("/pool_") != std::string::npos && name.find("/operation:lifetime") != std::string::npos)) {
      EXPECT_GT(children_cpu_time, 0) << name;
    }
    if (name.find("/tbb/") != std::string::npos || name.find("/memcpy/") != std::string::npos || peers.contains(name)) {
      // Of all iterations. The fork server may go to sleep after the last pool.
      EXPECT_LT(children_cpu_time * static_cast<double>(run.iterations), 0.001) << name;
    }
  }
}

/// Right at first, and wrong from a given call on.
struct Fickle {
  explicit Fickle(int first_wrong) : calls_until_wrong(first_wrong) {}
  void once() { --calls_until_wrong; }
  [[nodiscard]] std::optional<std::string> wrong() const {
    return calls_until_wrong > 0 ? std::nullopt : std::optional<std::string>("found 3, expected 4");
  }
  int calls_until_wrong;
};

benchmark::BenchmarkReporter::Run run_moody(int first_wrong) {
  const auto moody =
      bench::dispatch::candidate({.who = "moody", .operation = "apply"}, [first_wrong] { return Fickle(first_wrong); });
  return run_cases({{"moody", "moody", moody.run}}).at(0);
}

TEST(DispatchCase, WithAWrongResultIsAnErrorAndNeverATime) {
  for (const int first_wrong : {1, 2}) {  // before the timed calls, and during them
    const auto run = run_moody(first_wrong);
    EXPECT_EQ(error_in(run), "found 3, expected 4") << first_wrong;
  }
  EXPECT_EQ(error_in(run_moody(2'000'000'000)), std::nullopt);
}

TEST(DispatchCase, ThatThrowsIsAnErrorWithItsMessage) {
  const auto broken = bench::dispatch::candidate({.who = "broken", .operation = "apply"},
                                                 []() -> Fickle { throw std::runtime_error("no pool could be made"); });
  EXPECT_EQ(error_in(run_cases({{"broken", "broken", broken.run}}).at(0)), "no pool could be made");
}

class IdlePool : public testing::TestWithParam<processes::Transport> {};
INSTANTIATE_TEST_SUITE_P(Transports, IdlePool,
                         testing::Values(processes::Transport::shared, processes::Transport::pipe),
                         [](const auto& test) { return test.param == processes::Transport::pipe ? "pipe" : "shared"; });

/// The state, number of sleeps and CPU time of every process; not every kernel counts sleeps. A process that sleeps at
/// two readings with the same values slept in between.
std::map<pid_t, std::string> activities() {
  std::map<pid_t, std::string> found;
  const auto running = bench::descendants().value();
  for (const pid_t pid : running) {
    for (const char* key : {"State", "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"}) {
      found[pid] += bench::read_field(fmt::format("/proc/{}/status", pid), key) + " ";
    }
    found[pid] += std::to_string(bench::cpu_time(pid).count());
  }
  return found;
}

/// Waits until all sleep at the same time; then none can wake another. The test's watchdog is the limit.
std::map<pid_t, std::string> await_sleep() {
  auto before = activities();
  while (true) {
    auto now = activities();
    if (now == before && std::ranges::all_of(now, [](const auto& each) { return each.second.starts_with("S"); }))
      return now;
    before = std::move(now);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST_P(IdlePool, UsesNoProcessorAtAll) {
  constexpr std::size_t workers = 3;
  constexpr std::size_t others = 2;  // the fork server and the supervisor
  processes::ProcessPool pool(workers, {.transport = GetParam()});
  const std::vector<int> numbers(100, 7);
  ASSERT_EQ(pool.map(+[](int number) { return number; }, numbers), numbers);
  const auto asleep = await_sleep();  // they spin briefly before
  EXPECT_THAT(asleep, SizeIs(workers + others));
  // A process that polls would wake as often as this thread, however long that takes.
  for (int time = 0; time < 100; ++time) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(activities(), asleep);
}

}  // namespace
