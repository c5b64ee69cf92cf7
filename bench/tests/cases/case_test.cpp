#include "cases/case.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <any>
#include <memory>
#include <optional>
#include <stdexcept>

#include "cases/digest.hpp"
#include "cases/verify.hpp"
#include "parzen/random/legacy.hpp"
#include "run_cases.hpp"

namespace {

using testing::HasSubstr;
using testing::Optional;

TEST(Counters, ThatAreNotKnownAreMissingAndNever0) {
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

// A backend that is right or wrong, or fails, on demand.
struct Moody : backends::Backend {
  enum class Mood { right, wrong, wrong_later, failing, failing_later };

  explicit Moody(Mood mood) : mood_(mood) {}
  void schedule(backends::Work& work) override {
    if (mood_ == Mood::failing || (mood_ == Mood::failing_later && runs_ > 0))
      throw std::runtime_error("no mood to count");
    for (std::size_t task = 0; task < work.size(); ++task) work.execute(task);
    ++runs_;
    if (mood_ == Mood::wrong || (mood_ == Mood::wrong_later && runs_ > 1)) work.counts_of(0)[0] += 1;
  }

  Mood mood_;
  int runs_ = 0;
};

benchmark::BenchmarkReporter::Run run_case(Moody::Mood mood) {
  const backends::Description description{
      .name = "moody", .summary = "", .make = [mood] { return std::make_unique<Moody>(mood); }};
  const std::vector<double> widths{1.0};
  const auto question = [&] {
    parzen::Problem problem{parzen::legacy_samples(1, 10, 2), parzen::Query::Zero(2)};
    auto expected = bench::literal_counts(problem, widths);
    return bench::Question{std::move(problem), widths, std::move(expected)};
  };
  return run_cases({bench::make_case({.family = "test",
                                      .backend = &description,
                                      .kernel = &parzen::kernel("literal"),
                                      .workers = 1,
                                      .start = bench::Start::warm,
                                      .n = 10,
                                      .d = 2,
                                      .m = 1,
                                      .question = question})})
      .at(0);
}

TEST(Group, HoldsWhatItsCasesShareUntilAnotherBegins) {
  // What stays in memory makes every fork slower.
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
  EXPECT_THROW(bench::held([] { return 7; }), std::bad_any_cast) << "cases of a group hold the same";
  bench::begin_group("none");
}

TEST(Case, ThatIsRightHasATimeAndItsCounters) {
  const auto run = run_case(Moody::Mood::right);
  EXPECT_EQ(error_in(run), std::nullopt);
  EXPECT_GT(run.iterations, 0);
  const parzen::Problem problem{parzen::legacy_samples(1, 10, 2), parzen::Query::Zero(2)};
  EXPECT_EQ(run.counters.at("counts_digest").value, bench::digest(bench::literal_counts(problem, std::vector{1.0})));
  EXPECT_TRUE(run.counters.contains("children_cpu_time"));
  EXPECT_TRUE(run.counters.contains("involuntary_switches"));
}

TEST(Case, WithWrongCountsIsAnErrorAndNeverATime) {
  for (const auto mood : {Moody::Mood::wrong, Moody::Mood::wrong_later}) {
    const auto run = run_case(mood);
    EXPECT_THAT(error_in(run), Optional(HasSubstr("1 of 1 counts are wrong")));
  }
}

TEST(Case, ThatThrowsIsAnErrorWithItsMessage) {
  for (const auto mood : {Moody::Mood::failing, Moody::Mood::failing_later}) {
    const auto run = run_case(mood);
    EXPECT_EQ(error_in(run), "no mood to count");
  }
}

}  // namespace
