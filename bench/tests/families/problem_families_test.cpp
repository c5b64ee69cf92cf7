// Families sweep, scaling and load.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "cases/digest.hpp"
#include "cases/verify.hpp"
#include "families/any_size.hpp"
#include "families/families.hpp"
#include "family_names.hpp"
#include "machine/workers.hpp"
#include "parzen/random/counter.hpp"
#include "parzen/widths.hpp"
#include "run_cases.hpp"

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Counts of n samples of the counter-based generator, for families sweep, scaling and load.
double digest_of(std::int64_t n, std::size_t m) {
  const parzen::Problem problem{parzen::counter_samples(123, n, 2), parzen::Query::Zero(2)};
  return counts_digest(bench::expected_counts(problem, parzen::linspace(1.0, 1.2, m)));
}

void run_and_check(const std::vector<bench::Case>& cases, std::size_t m = 100) {
  ASSERT_FALSE(cases.empty());
  std::map<std::string, std::int64_t> sizes;
  std::map<std::int64_t, double> digests;
  for (const bench::Case& each : cases) {
    sizes[each.name] = each.n;
    if (!digests.contains(each.n)) digests[each.n] = digest_of(each.n, m);
  }
  for (const auto& run : run_cases(cases)) {
    const std::string name = run.run_name.function_name;
    EXPECT_EQ(error_in(run), std::nullopt) << name;
    ASSERT_TRUE(run.counters.contains("counts_digest")) << name;
    EXPECT_EQ(run.counters.at("counts_digest").value, digests.at(sizes.at(name))) << name;
  }
}

class SweepOfProcessors : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Machines, SweepOfProcessors, testing::Values(1, 2, 3, 4, 6, 64));

TEST_P(SweepOfProcessors, HasEveryBackendFromSmallToLarge) {
  const int all = std::max(2, GetParam());
  const std::vector<int> close_workers = bench::sweep_workers(GetParam());
  const int m = GetParam() == 64 ? 256 : 100;
  std::multiset<std::string> expected;
  const auto add = [&](const std::string& way, std::int64_t n, const std::vector<int>& workers) {
    expected.merge(expected_names("sweep", fmt::format("{}/n:{}/d:2/m:{}", way, n, m), workers, true));
  };
  const auto add_pause = [&](const std::string& way, std::int64_t n) {
    expected.merge(expected_names_after_a_pause("sweep", fmt::format("{}/n:{}/d:2/m:{}", way, n, m), all, true));
  };
  const std::string literal = "kernel:literal/decomposition:by_width";
  const std::string fused = "kernel:fused/decomposition:by_sample";
  for (std::int64_t power = 100; power <= 10'000'000; power *= 10) {
    for (const int times : {1, 2, 5}) {
      const std::int64_t n = times * power;
      if (n <= 100'000) add(literal, n, close_workers);
      if (n <= 10'000'000) add(fused, n, close_workers);
    }
  }
  add(literal, 1'000'000, {all});
  add(literal, 10'000'000, {all});
  add(fused, 100'000'000, {all});
  for (const int n : {200, 1'000, 10'000, 50'000}) add_pause(literal, n);
  for (const int n : {10'000, 100'000, 1'000'000, 5'000'000}) add_pause(fused, n);
  EXPECT_EQ(names_of(bench::select_family("sweep", {.processors = GetParam()}).cases), expected);
}

TEST(SweepFamily, CountsMillionsByLiteralInLongRunsOnly) {
  const std::string literal = "sweep/serial/kernel:literal/decomposition:by_width/n:{}/d:2/m:100/workers:1/start:cold";
  const std::string fused = "sweep/serial/kernel:fused/decomposition:by_sample/n:{}/d:2/m:100/workers:1/start:cold";
  const auto named = [](const std::string& name, std::int64_t n) { return fmt::format(fmt::runtime(name), n); };
  for (const std::int64_t largest : {10'000, 100'000, 10'000'000, 99'999'999, 100'000'000}) {
    const auto names = names_of(bench::all_cases(largest));
    EXPECT_EQ(names.contains(named(literal, 100'000)), largest >= 100'000) << largest;
    EXPECT_EQ(names.contains(named(literal, 1'000'000)), largest >= 100'000'000) << largest;
    EXPECT_EQ(names.contains(named(literal, 10'000'000)), largest >= 100'000'000) << largest;
    EXPECT_EQ(names.contains(named(fused, 10'000'000)), largest >= 10'000'000) << largest;
  }
}

TEST(SweepFamily, HasFewerWorkersThanProcessorsAtAllSizesInLongRunsOnly) {
  const auto workers_in = [](std::int64_t largest, const std::string& size) {
    std::set<std::string> found;
    for (const std::string& name : names_of(bench::all_cases(largest, {.processors = 64}))) {
      if (!name.starts_with("sweep/tbb/") || name.find(size) == std::string::npos) continue;
      const auto begin = name.find("/workers:") + 1;
      found.insert(name.substr(begin, name.find('/', begin) - begin));
    }
    return found;
  };
  using Workers = std::set<std::string>;
  const Workers every{"workers:2", "workers:4", "workers:8", "workers:16", "workers:32", "workers:64"};
  for (const char* size : {"/n:1000/", "/n:2000/"}) {
    EXPECT_EQ(workers_in(10'000, size), Workers{"workers:64"});
    EXPECT_EQ(workers_in(100'000'000, size), every);
  }
  EXPECT_EQ(workers_in(10'000'000, "/n:1000/"), (Workers{"workers:2", "workers:16", "workers:64"}));
  EXPECT_EQ(workers_in(10'000'000, "/n:2000/"), Workers{"workers:64"});
}

TEST(SweepFamily, HasCasesWithAPauseInLongerRunsOnly) {
  const auto after_a_pause = [](std::int64_t largest) {
    return only(only(bench::all_cases(largest), "sweep/"), "/pause:5ms").size();
  };
  EXPECT_EQ(after_a_pause(10'000), 0);
  EXPECT_GT(after_a_pause(100'000), 0);
  EXPECT_GT(after_a_pause(1'000'000), after_a_pause(100'000));
  EXPECT_EQ(after_a_pause(10'000'000), after_a_pause(1'000'000));
  EXPECT_GT(after_a_pause(100'000'000), after_a_pause(10'000'000));
}

TEST(SweepFamily, SkipsCasesThatExceedMemory) {
  const auto all = bench::select_family("sweep", {.processors = 2}).cases;
  const auto largest = only(all, "/n:100000000/");
  const auto selection = bench::select_family("sweep", {.processors = 2, .memory = 2'900'000'000});
  EXPECT_THAT(
      selection.skipped,
      ElementsAre(fmt::format("{} cases of family sweep are skipped, n = 100,000,000, d = 2: they need 3.0 GB of "
                              "memory, and 2.9 GB are available",
                              largest.size())));
  EXPECT_EQ(selection.cases.size() + largest.size(), all.size());
  for (const std::string& name : names_of(selection.cases)) EXPECT_THAT(name, Not(HasSubstr("/n:100000000/")));
}

TEST(SweepFamily, SharesTheSamplesOfOneSize) {
  std::map<std::int64_t, std::set<std::string>> groups;
  for (const bench::Case& each : bench::select_family("sweep", {}).cases) groups[each.n].insert(each.group);
  std::set<std::string> different;
  for (const auto& [n, names] : groups) {
    EXPECT_EQ(names.size(), 1) << n;
    different.insert(names.begin(), names.end());
  }
  EXPECT_EQ(different.size(), 17);
}

TEST(SweepFamily, IsRight) {
  auto cases = bench::select_family("sweep", {.processors = 3}).cases;
  std::erase_if(cases, [](const bench::Case& each) { return each.n != 100 && each.n != 200 && each.n != 10'000; });
  run_and_check(cases);
}

TEST(SweepFamily, IsRightForMoreWidthsThanTheArticles) {
  run_and_check(only(only(bench::select_family("sweep", {.processors = 32}).cases, "/n:1000/"), "/workers:32/"), 128);
}

TEST(SweepFamily, IsRightWhereLiteralChecksOnlySomeBlocks) {
  run_and_check(
      only(bench::select_family("sweep", {.processors = 2}).cases, "kernel:fused/decomposition:by_sample/n:1000000/"));
}

/// The cases of the large problem.
std::vector<bench::Case> scaling_cases_for(int processors) {
  return only(bench::select_family("scaling", {.processors = processors}).cases, "/n:100000/");
}

TEST(ScalingFamily, HasEveryBackendWithMoreAndMoreWorkers) {
  const std::string problem = "kernel:literal/decomposition:by_width/n:100000/d:2/m:";
  EXPECT_EQ(names_of(scaling_cases_for(1)), expected_names("scaling", problem + "100", {1, 2, 4, 8}, true));
  EXPECT_EQ(names_of(scaling_cases_for(2)), expected_names("scaling", problem + "100", {1, 2, 4, 8, 16}, true));
  EXPECT_EQ(names_of(scaling_cases_for(8)),
            expected_names("scaling", problem + "256", {1, 2, 3, 4, 6, 7, 8, 16, 32, 64}, true));
}

TEST(ScalingFamily, SkipsCasesThatExceedTheLimitOnProcesses) {
  const std::string problem = "kernel:literal/decomposition:by_width/n:100000/d:2/m:100";
  const auto all = bench::select_family("scaling", {.processors = 2, .tasks = 24});
  EXPECT_THAT(all.skipped, IsEmpty());
  const auto selection = bench::select_family("scaling", {.processors = 2, .tasks = 15});
  EXPECT_EQ(names_of(selection.cases), expected_names("scaling", problem, {1, 2, 4}, true));
  EXPECT_THAT(
      selection.skipped,
      ElementsAre("cases of family scaling with more than 4 workers are skipped: 16 workers need 24 processes or "
                  "threads, and 15 are available"));
  const auto nothing = bench::select_family("scaling", {.processors = 2, .tasks = 0});
  EXPECT_THAT(nothing.skipped, ElementsAre(HasSubstr("with more than 0 workers")));
}

TEST(ScalingFamily, IsRightWithEightTimesTheWorkers) { run_and_check(only(scaling_cases_for(2), "workers:16/")); }

TEST(ScalingFamily, HasWorkForAllWorkersWhereThereAreManyProcessors) {
  const std::string problem = "kernel:literal/decomposition:by_width/n:100000/d:2/m:{}";
  for (const auto& [processors, m] : {std::pair(2, 100), {4, 128}, {64, 2048}}) {
    const auto named = fmt::format(fmt::runtime(problem), m);
    EXPECT_EQ(names_of(scaling_cases_for(processors)),
              expected_names("scaling", named, bench::scaling_workers(processors), true));
    const auto large = only(bench::select_family("load", {.processors = processors}).cases, "/n:100000/");
    EXPECT_EQ(names_of(large), expected_names("load", named + "/load:1", bench::load_workers(processors), false));
  }
}

TEST(LargeProblem, IsSmallerInShortRunsOnMoreThanTwoProcessors) {
  const auto names = [](std::int64_t largest, int processors) {
    return names_of(only(bench::all_cases(largest, {.processors = processors}), "/kernel:literal/"));
  };
  const auto in = [](const std::multiset<std::string>& all, const std::string& family, const std::string& size) {
    return std::ranges::any_of(
        all, [&](const std::string& name) { return name.starts_with(family) && name.find(size) != std::string::npos; });
  };
  for (const char* family : {"scaling/", "load/"}) {
    for (const int processors : {1, 2, 3, 64}) {
      const auto shortest = names(10'000, processors);
      EXPECT_FALSE(in(shortest, family, "/n:10000/") || in(shortest, family, "/n:100000/"));
      const auto short_run = names(10'000'000, processors);
      const auto long_run = names(100'000'000, processors);
      EXPECT_EQ(in(short_run, family, "/n:10000/"), processors > 2);
      EXPECT_EQ(in(short_run, family, "/n:100000/"), processors <= 2);
      EXPECT_FALSE(in(long_run, family, "/n:10000/"));
      EXPECT_TRUE(in(long_run, family, "/n:100000/"));
    }
  }
  const std::string problem = "kernel:literal/decomposition:by_width/n:10000/d:2/m:256";
  EXPECT_EQ(names_of(only(bench::select_family("scaling", {.processors = 8}).cases, "/n:10000/")),
            expected_names_in_one_start("scaling", problem, bench::scaling_workers(8)));
  EXPECT_EQ(names_of(only(bench::select_family("load", {.processors = 8}).cases, "/n:10000/")),
            expected_names_in_one_start("load", problem + "/load:1", bench::load_workers(8)));
}

TEST(LargeProblem, IsRightInShortRuns) {
  run_and_check(only(only(bench::select_family("load", {.processors = 3}).cases, "/n:10000/"), "/workers:3/"));
  run_and_check(only(only(bench::select_family("scaling", {.processors = 3}).cases, "/n:10000/"), "/workers:3/"));
}

TEST(ScalingFamily, IsRightForMoreWidthsThanTheArticles) {
  run_and_check(only(scaling_cases_for(4), "scaling/serial/"), 128);
}

class LoadOfProcessors : public testing::TestWithParam<std::pair<int, std::vector<int>>> {};
INSTANTIATE_TEST_SUITE_P(Machines, LoadOfProcessors,
                         testing::Values(std::pair(1, std::vector{1, 2}), std::pair(2, std::vector{1, 2, 3}),
                                         std::pair(8, std::vector{1, 7, 8, 9})));

TEST_P(LoadOfProcessors, HasEveryBackendAroundTheProcessorsAndShortCalls) {
  const auto& [processors, workers] = GetParam();
  const std::string loop = "kernel:literal/decomposition:by_width";
  std::multiset<std::string> expected = expected_names(
      "load", fmt::format("{}/n:100000/d:2/m:{}/load:1", loop, processors == 8 ? 256 : 100), workers, false);
  if (processors > 2) {
    const auto smaller = fmt::format("{}/n:10000/d:2/m:256/load:1", loop);
    expected.merge(expected_names_in_one_start("load", smaller, workers));
  }
  for (const int busy_programs : std::set{1, std::max(1, processors / 2), processors}) {
    for (const int n : {100, 500, 4'000, 8'000}) {
      const auto problem = fmt::format("{}/n:{}/d:2/m:100/load:{}", loop, n, busy_programs);
      expected.merge(expected_names("load", problem, {std::max(2, processors)}, true));
    }
  }
  EXPECT_EQ(names_of(bench::select_family("load", {.processors = processors}).cases), expected);
}

TEST(LoadFamily, IsRight) { run_and_check(only(bench::select_family("load", {.processors = 2}).cases, "workers:2/")); }

TEST(LoadFamily, HasShortCallsInRunsThatRepeatThemLongEnough) {
  EXPECT_THAT(names_of(bench::all_cases(10'000)), Not(Contains(HasSubstr("/load:1/"))));
  EXPECT_THAT(names_of(bench::all_cases(100'000)), Contains(HasSubstr("/n:500/d:2/m:100/load:1/")));
}

TEST(LoadFamily, HasMoreBusyProgramsInLongRuns) {
  const bench::Limits two{.processors = 2};
  EXPECT_THAT(names_of(bench::all_cases(bench::largest_n_of_long_runs - 1, two)), Not(Contains(HasSubstr("/load:2/"))));
  EXPECT_THAT(names_of(bench::all_cases(bench::largest_n_of_long_runs, two)), Contains(HasSubstr("/load:2/")));
}

TEST(GapsFamily, IsRight) { run_and_check(only(bench::select_family("gaps", {}).cases, "/n:200/")); }

TEST(GapsFamily, HasEveryWarmBackendAndSerialAfterAShortPause) {
  const auto names = names_of(only(bench::select_family("gaps", {.processors = 4}).cases, "/n:500/"));
  EXPECT_THAT(names, Contains("gaps/serial/kernel:literal/decomposition:by_width/n:500/d:2/m:100/workers:1/start:cold/"
                              "pause:100us"));
  EXPECT_THAT(names, Contains("gaps/process_pool/kernel:literal/decomposition:by_width/n:500/d:2/m:100/workers:4/"
                              "start:warm/pause:100us"));
  EXPECT_THAT(names, Not(Contains(HasSubstr("fork_pipe"))));
}

TEST(SweepFamily, WithAPauseIsRight) {
  run_and_check(only(only(bench::select_family("sweep", {}).cases, "/pause:5ms"), "/n:10000/"));
}

/// On any machine: timed calls and pauses together take no longer than the whole.
class CallsAfterAPause : public testing::TestWithParam<std::chrono::microseconds> {};
INSTANTIATE_TEST_SUITE_P(Pauses, CallsAfterAPause,
                         testing::Values(bench::short_pause, std::chrono::microseconds(bench::long_pause)));

TEST_P(CallsAfterAPause, AreTimedWithoutThePause) {
  using Clock = std::chrono::steady_clock;
  const std::chrono::microseconds pause = GetParam();
  Clock::duration all{};
  bench::Case each{"g", "test/none/start:warm" + bench::pause_parameter(pause), [&](benchmark::State& state) {
                     const auto begin = Clock::now();
                     bench::time_calls_after_pause(state, [] {}, pause);
                     all = Clock::now() - begin;
                   }};
  each.pause = pause;
  const auto runs = run_cases({each});
  ASSERT_EQ(runs.size(), 1);
  EXPECT_EQ(runs[0].iterations, bench::calls_after(pause));
  const std::chrono::duration<double, std::micro> timed(runs[0].GetAdjustedRealTime() * bench::calls_after(pause));
  EXPECT_LE(timed + bench::calls_after(pause) * pause, all);
}

TEST(AllFamilies, IncludeSweepScalingAndLoad) {
  const bench::Limits here{.processors = 2};
  const auto all = names_of(bench::all_cases(bench::largest_n_of_long_runs, here));
  for (const auto& cases : {bench::select_family("scaling", here).cases, bench::select_family("load", here).cases,
                            only(bench::select_family("sweep", here).cases, "/n:100000/")}) {
    for (const std::string& name : names_of(cases)) EXPECT_THAT(all, Contains(name));
  }
}

}  // namespace
