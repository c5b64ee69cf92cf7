#include "cases/case.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <any>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "cases/digest.hpp"
#include "cases/verify.hpp"
#include "families/count.hpp"
#include "loops/sample_loops.hpp"
#include "parzen/random/legacy.hpp"
#include "run_cases.hpp"

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Optional;

TEST(Counters, ThatAreUnknownAreMissingAndNever0) {
  constexpr bench::Usage known{.children_cpu_seconds = 1, .involuntary_switches = 1};
  struct Usages {
    std::optional<bench::Usage> before;
    std::optional<bench::Usage> after;
  };
  for (const Usages& usages : {Usages{}, Usages{known, {}}, Usages{{}, known}, Usages{known, known}}) {
    const auto run = run_cases({{"usage", "usage", [&](benchmark::State& state) {
                                   for ([[maybe_unused]] auto iteration : state) {
                                   }
                                   bench::set_counters(state, usages.before, usages.after);
                                 }}});
    for (const char* counter : {"children_cpu_time", "involuntary_switches"}) {
      EXPECT_EQ(run.at(0).counters.contains(counter), usages.before && usages.after) << counter;
    }
  }
}

// A backend that is right, wrong or fails, as the test chooses.
struct Moody : backends::Backend {
  enum class Mood { right, wrong, wrong_later, skipping_later, failing, failing_later };

  explicit Moody(Mood mood) : mood_(mood) {}
  void schedule(backends::Call& call) override {
    if (mood_ == Mood::failing || (mood_ == Mood::failing_later && runs_ > 0))
      throw std::runtime_error("no mood to count");
    const bool skip = mood_ == Mood::skipping_later && runs_ > 0;
    for (std::size_t block = skip ? 1 : 0; block < call.size(); ++block) call.execute(block);
    ++runs_;
    if (mood_ == Mood::wrong || (mood_ == Mood::wrong_later && runs_ > 1)) call.results().front() ^= std::byte{1};
  }

  Mood mood_;
  int runs_ = 0;
};

benchmark::BenchmarkReporter::Run run_case(Moody::Mood mood, bench::CaseSettings settings) {
  const backends::Description description{
      .name = "moody", .summary = "", .make = [mood] { return std::make_unique<Moody>(mood); }};
  settings.backend = &description;
  settings.start = bench::Start::warm;
  const auto run = run_cases({bench::make_case(settings)}).at(0);
  bench::begin_group("none");
  return run;
}

/// The counts of a tiny problem.
benchmark::BenchmarkReporter::Run run_case(Moody::Mood mood) {
  const auto data = [] {
    const std::vector<double> widths{1.0};
    parzen::Problem problem{parzen::legacy_samples(1, 10, 2), parzen::Query::Zero(2)};
    auto expected = bench::literal_counts(problem, widths);
    return bench::CountData{std::move(problem), widths, std::move(expected)};
  };
  return run_case(mood,
                  bench::count_case(
                      {.family = "test", .kernel = &parzen::kernel("literal"), .n = 10, .d = 2, .m = 1, .data = data}));
}

/// A loop of another kind than the Parzen count.
benchmark::BenchmarkReporter::Run run_case(Moody::Mood mood, const loops::Loop& loop) {
  const auto parameters = loop.parameter_bytes > 0 ? loops::bytes_of(sample_loops::Scale{}) : std::vector<std::byte>();
  return run_case(mood,
                  {.family = "test", .group = "test/" + std::to_string(loop.tasks), .work = "loop:sample", .call = [&] {
                     return bench::LoopCall{.loop = loop,
                                            .parameters = parameters,
                                            .expected = sample_loops::answer(loop, parameters),
                                            .digest = loop.exact ? "answer_digest" : ""};
                   }});
}

TEST(Group, KeepsTheDataOfItsCasesUntilTheNextGroup) {
  // Memory that stays makes every fork slower.
  int made = 0;
  const auto make = [&made] {
    ++made;
    return std::make_unique<int>(made);
  };
  bench::begin_group("a");
  EXPECT_EQ(*bench::held(make), 1);
  EXPECT_EQ(*bench::held(make), 1);
  bench::begin_group("a");
  EXPECT_EQ(*bench::held(make), 1);
  bench::begin_group("b");
  EXPECT_FALSE(bench::held_by_group().has_value());
  bench::begin_group("a");
  EXPECT_EQ(*bench::held(make), 2);
  EXPECT_THROW(bench::held([] { return 7; }), std::bad_any_cast) << "cases of a group share one type of data";
  bench::begin_group("none");
}

std::size_t heap_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(Case, KeepsItsNameOnceWithoutTheParts) {
  // Memory that stays makes every fork slower. The texts are so large that nothing else counts.
  constexpr std::size_t large = 1 << 20;
  const std::size_t before = heap_in_use();
  {
    bench::CaseSettings settings;
    settings.group = std::string(large, 'g');
    settings.work = "work:" + std::string(large, 'w');
    settings.backend = &backends::find("serial");
    std::vector<bench::Case> cases;
    for (const int workers : {1, 2, 3}) {
      settings.workers = workers;
      cases.push_back(bench::make_case(settings));
    }
    benchmark::ClearRegisteredBenchmarks();
    bench::register_cases(std::move(cases), 0);
  }
  // Three names and the name of their group; half a name for all else. Under a sanitizer the heap is 0 bytes.
  EXPECT_LT(heap_in_use() - before, 4 * large + large / 2);
  benchmark::ClearRegisteredBenchmarks();
}

TEST(Case, WithRightCountsHasATimeAndItsCounters) {
  const auto run = run_case(Moody::Mood::right);
  EXPECT_EQ(error_in(run), std::nullopt);
  EXPECT_GT(run.iterations, 0);
  const parzen::Problem problem{parzen::legacy_samples(1, 10, 2), parzen::Query::Zero(2)};
  const parzen::Counts expected = bench::literal_counts(problem, std::vector{1.0});
  EXPECT_EQ(run.counters.at("counts_digest").value, counts_digest(expected));
  EXPECT_FALSE(run.counters.contains("answer_digest"));
  EXPECT_TRUE(run.counters.contains("children_cpu_time"));
  EXPECT_TRUE(run.counters.contains("involuntary_switches"));
}

TEST(Case, WithWrongCountsIsAnErrorAndNeverATime) {
  for (const auto mood : {Moody::Mood::wrong, Moody::Mood::wrong_later}) {
    const auto run = run_case(mood);
    EXPECT_THAT(error_in(run), Optional(HasSubstr("1 of 1 counts are wrong")));
  }
}

TEST(Case, OfAnyLoopHasADigestOfItsAnswerUnlessAMergeIsInexact) {
  const loops::Loop exact = loops::reduce<sample_loops::histogram, std::plus<>>(
      {.tasks = 10, .elements = 4, .data = loops::shared(std::span<const double>(sample_loops::numbers(10)))});
  const auto run = run_case(Moody::Mood::right, exact);
  EXPECT_EQ(error_in(run), std::nullopt);
  EXPECT_EQ(run.counters.at("answer_digest").value,
            bench::digest(sample_loops::answer(exact, loops::bytes_of(sample_loops::Scale{}))));
  EXPECT_FALSE(run.counters.contains("counts_digest"));
  const loops::Loop inexact = loops::reduce<sample_loops::harmonic, std::plus<>>({.tasks = 10});
  EXPECT_FALSE(run_case(Moody::Mood::right, inexact).counters.contains("answer_digest"));
}

TEST(Case, WithAWrongAnswerOfAnyLoopIsAnErrorThatNamesTheTask) {
  const loops::Loop loop = loops::map<sample_loops::scaled>({.tasks = 2});
  EXPECT_THAT(error_in(run_case(Moody::Mood::wrong, loop)),
              Optional(AllOf(HasSubstr("1 of 2 results are wrong; task 0: found ("), HasSubstr(", expected (0, 0)"))));
}

// Results of earlier calls, including the warm-up, must not be mistaken for new ones.
TEST(Case, WhoseBackendSkipsABlockAfterTheWarmUpIsAnError) {
  EXPECT_THAT(error_in(run_case(Moody::Mood::skipping_later)), Optional(HasSubstr("1 of 1 counts are wrong")));
  EXPECT_THAT(error_in(run_case(Moody::Mood::skipping_later, loops::map<sample_loops::scaled>({.tasks = 2}))),
              Optional(HasSubstr("1 of 2 results are wrong; task 0")));
  EXPECT_THAT(error_in(run_case(Moody::Mood::skipping_later,
                                loops::reduce<sample_loops::harmonic, std::plus<>>({.tasks = 10}))),
              Optional(HasSubstr("the answer is wrong")));
}

TEST(Case, ThatThrowsIsAnErrorWithItsMessage) {
  for (const auto mood : {Moody::Mood::failing, Moody::Mood::failing_later}) {
    const auto run = run_case(mood);
    EXPECT_EQ(error_in(run), "no mood to count");
  }
}

}  // namespace
