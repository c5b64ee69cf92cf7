#include "families/grain.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <vector>

#include "cases/digest.hpp"
#include "cases/verify.hpp"
#include "families/families.hpp"
#include "family_names.hpp"
#include "parzen/random/counter.hpp"
#include "parzen/widths.hpp"
#include "run_cases.hpp"

namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

class GrainOfProcessors : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Machines, GrainOfProcessors, testing::Values(1, 2, 3, 8, 64));

TEST_P(GrainOfProcessors, HasEveryBackendWithTheSameTasksOfEveryGrain) {
  const int workers = std::max(2, GetParam());
  std::multiset<std::string> expected;
  for (const int iterations : {1, 4, 16, 64, 256, 1024, 4096}) {
    const auto problem =
        fmt::format("kernel:literal/decomposition:by_width/iterations:{}/n:128/d:2/m:{}", iterations, 32 * workers);
    auto names = expected_names("grain", problem, {workers}, true, true);
    // One worker's call must not take minutes, however many processors the tasks are for.
    const bool long_alone = workers == 64 && iterations > 512;
    if (long_alone) std::erase_if(names, [](const std::string& name) { return name.starts_with("grain/serial/"); });
    expected.merge(names);
    if (iterations <= 1024) expected.merge(expected_names_after_a_pause("grain", problem, workers, false, true));
  }
  EXPECT_EQ(names_of(bench::select_family("grain", {.processors = GetParam()}).cases), expected);
}

TEST(GrainFamily, SharesItsSamples) {
  const auto cases = bench::select_family("grain", {.processors = 2}).cases;
  for (const bench::Case& each : cases) EXPECT_EQ(each.group, cases.front().group);
}

TEST(GrainFamily, CountsTheSameForAnyNumberOfIterations) {
  std::vector<bench::Case> cases;
  for (const char* iterations : {"/iterations:1/", "/iterations:4/", "/iterations:64/"}) {
    std::ranges::move(only(bench::select_family("grain", {.processors = 3}).cases, iterations),
                      std::back_inserter(cases));
  }
  std::ranges::move(
      only(only(bench::select_family("grain", {.processors = 3}).cases, "grain/serial/"), "/iterations:1024/"),
      std::back_inserter(cases));
  const parzen::Problem problem{parzen::counter_samples(123, 128, 2), parzen::Query::Zero(2)};
  const double digest = counts_digest(bench::literal_counts(problem, parzen::linspace(1.0, 1.2, 96)));
  const auto runs = run_cases(cases);
  EXPECT_EQ(runs.size(), cases.size());
  for (const auto& run : runs) {
    const std::string name = run.run_name.function_name;
    EXPECT_EQ(error_in(run), std::nullopt) << name;
    ASSERT_TRUE(run.counters.contains("counts_digest")) << name;
    EXPECT_EQ(run.counters.at("counts_digest").value, digest) << name;
  }
}

TEST(GrainFamily, PassesTheIterationsOfItsNamesToTasks) {
  for (const std::int64_t iterations : {1, 4, 4096}) {
    for (const std::int64_t tasks : {64, 96}) {
      const bench::CaseSettings settings = bench::grain::settings_of(iterations, tasks);
      bench::begin_group(settings.group);
      const bench::LoopCall call = settings.call();
      EXPECT_THAT(settings.work, HasSubstr(fmt::format("/iterations:{}/", iterations)));
      EXPECT_EQ(call.parameters, loops::bytes_of(iterations)) << settings.work;
      EXPECT_THAT(settings.work, EndsWith(fmt::format("/m:{}", tasks)));
      EXPECT_EQ(call.loop.tasks, tasks) << settings.work;
    }
  }
}

parzen::Count calls = 0;

/// A kernel that counts its calls.
void count_calls(const parzen::ProblemView& problem, parzen::Range samples, std::span<const double> widths,
                 std::span<parzen::Count> counts) {
  EXPECT_EQ(problem.samples.rows(), 128);
  EXPECT_EQ(samples, (parzen::Range{0, 128}));
  EXPECT_THAT(widths, ElementsAre(3.5));
  ASSERT_EQ(counts.size(), 1);
  counts[0] = ++calls;
}

TEST(GrainTask, CallsTheKernelOnceAnIteration) {
  std::vector<double> data(256, 0.0);  // n * d
  data.insert(data.end(), {2.5, 3.5});
  for (const std::int64_t iterations : {1, 4, 4096}) {
    calls = 0;
    EXPECT_EQ(bench::grain::count_repeatedly<count_calls>(iterations, data, 1), iterations)
        << "the count of the last call";
    EXPECT_EQ(calls, iterations);
  }
}

}  // namespace
