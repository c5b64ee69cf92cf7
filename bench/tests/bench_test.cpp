#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <any>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <thread>

#include "case.hpp"
#include "counters.hpp"
#include "families/count.hpp"
#include "families/families.hpp"
#include "loops/sample_loops.hpp"
#include "machine.hpp"
#include "parzen/legacy.hpp"
#include "processes/pool.hpp"
#include "processes/process.hpp"
#include "run_cases.hpp"
#include "system_files.hpp"
#include "verify.hpp"

namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Optional;
using testing::StartsWith;

TEST(Mismatch, NamesAtMostTenWidthsWithFoundAndExpected) {
  const std::vector<double> widths(12, 0.5);
  const parzen::Counts expected(12, 7);
  EXPECT_EQ(bench::mismatch(widths, expected, expected), std::nullopt);
  parzen::Counts found = expected;
  found[3] = 9;
  EXPECT_EQ(bench::mismatch(widths, expected, found),
            "1 of 12 counts are wrong; width 3 (h = 0.5): found 9, expected 7, difference 2");
  found.assign(12, 8);
  EXPECT_THAT(*bench::mismatch(widths, expected, found),
              AllOf(HasSubstr("12 of 12"), HasSubstr("width 9 "), Not(HasSubstr("width 10 "))));
  EXPECT_THAT(*bench::mismatch(widths, expected, parzen::Counts(3)), HasSubstr("3 counts were found where 12"));
}

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

TEST(Digest, IsFnv1a) {
  EXPECT_EQ(counts_digest({}), 2166136261U);
  // The reference hash of the eight bytes 'a', 0, 0, 0, 0, 0, 0, 0, computed byte by byte from its definition.
  std::uint32_t reference = 2166136261U;
  for (const unsigned byte : {97U, 0U, 0U, 0U, 0U, 0U, 0U, 0U}) reference = (reference ^ byte) * 16777619U;
  EXPECT_EQ(counts_digest({97}), reference);
  EXPECT_NE(counts_digest({1, 2}), counts_digest({2, 1}));
}

TEST(Usage, SeesTheCpuTimeOfChildrenThatLiveAndOfThoseThatHaveEnded) {
  processes::Pipe ready = processes::Pipe::open();
  processes::Process child([&ready] {
    volatile std::uint64_t work = 0;
    while (clock() < CLOCKS_PER_SEC / 50) work = work + 1;  // 20 ms of CPU time
    processes::write_all(ready.writer, "x");
    while (true) pause();
    return 0;
  });
  const double before = bench::usage_now().value().children_cpu_seconds;
  child.start();
  char byte = 0;
  processes::read_all(ready.reader, &byte, 1);
  const double alive = bench::usage_now().value().children_cpu_seconds - before;
  EXPECT_GE(alive, 0.019);
  child.signal(SIGKILL);
  child.join();
  EXPECT_GE(bench::usage_now().value().children_cpu_seconds - before, 0.019);
}

int use_cpu(int milliseconds) {
  const clock_t end = clock() + milliseconds * (CLOCKS_PER_SEC / 1000);
  while (clock() < end) {
  }
  return milliseconds;
}

TEST(Usage, SeesTheCpuTimeOfAPoolsWorkersWhileTheyLiveAndWhenTheyHaveEnded) {
  // They are children of a child, which the nursery has forked.
  const double before = bench::usage_now().value().children_cpu_seconds;
  {
    processes::ProcessPool pool(2);
    EXPECT_EQ(pool.map(use_cpu, {100, 100}, 1), (std::vector{100, 100}));
    EXPECT_GE(bench::usage_now().value().children_cpu_seconds - before, 0.199);
  }
  const double after = bench::usage_now().value().children_cpu_seconds;
  EXPECT_GE(after - before, 0.199);
  EXPECT_LE(after - before, 0.3) << "nothing is counted twice";
}

TEST(Usage, OfAPoolThatHasEndedIsInNoLaterCase) {
  for (int pools = 0; pools < 100; ++pools) {
    {
      const processes::ProcessPool pool(1);
    }
    const double before = bench::usage_now().value().children_cpu_seconds;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    // The nursery itself may be about to sleep.
    EXPECT_NEAR(bench::usage_now().value().children_cpu_seconds, before, 0.001) << pools;
  }
}

TEST(Usage, IsOfWhenThoseThatHaveEndedHaveBeenReapedOrASecondLater) {
  processes::Process child([] { return 0; });
  child.start();
  siginfo_t ended{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child.pid()), &ended, WEXITED | WNOWAIT), 0);
  const auto begin = std::chrono::steady_clock::now();
  bench::usage_now();
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1)) << "nobody reaps it";
  {
    const std::jthread reaper([&child] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      child.join();
    });
    const auto again = std::chrono::steady_clock::now();
    bench::usage_now();
    // On a machine so busy that the child was not reaped in time, nothing is tested.
    if (std::chrono::steady_clock::now() - again < std::chrono::seconds(1)) {
      EXPECT_THAT(bench::descendants().value(), Not(Contains(child.pid())));
    }
  }
}

class SystemFiles : public testing::Test {
 protected:
  SystemFiles() { std::filesystem::create_directories(folder_); }
  ~SystemFiles() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("bench_test." + std::to_string(getpid()));
};

TEST_F(SystemFiles, WhatCannotBeReadIsUnknown) {
  EXPECT_EQ(bench::read_text(folder_ / "missing"), "unknown");
  EXPECT_EQ(bench::read_text(folder_), "unknown") << "it can be opened, and not be read";
  EXPECT_EQ(bench::read_field(folder_ / "missing", "key"), "unknown");
  EXPECT_TRUE(bench::read_cgroups("no_such_controller", "no.such.file").empty());
  EXPECT_EQ(bench::word("one two", 2), "unknown");
  write("empty", " \n");
  EXPECT_EQ(bench::read_text(folder_ / "empty"), "unknown");
}

TEST_F(SystemFiles, FieldsAreFoundByTheirWholeKey) {
  write("info", "model\t\t: 17\nmodel name\t: A CPU\nempty\t:\nMemTotal:  12 kB\n");
  EXPECT_EQ(bench::read_field(folder_ / "info", "model name"), "A CPU");
  EXPECT_EQ(bench::read_field(folder_ / "info", "MemTotal"), "12 kB");
  EXPECT_EQ(bench::read_field(folder_ / "info", "Mem"), "unknown");
  EXPECT_EQ(bench::read_field(folder_ / "info", "empty"), "unknown");
  EXPECT_EQ(bench::word("one  two\tthree", 1), "two");
}

TEST_F(SystemFiles, NumberedFoldersComeInOrder) {
  for (const char* name : {"cpu10", "cpu2", "cpu0", "cpufreq", "cpu"}) write(name, "x");
  EXPECT_THAT(bench::numbered(folder_, "cpu"), ElementsAre(folder_ / "cpu0", folder_ / "cpu2", folder_ / "cpu10"));
}

TEST(Machine, EveryItemHasAValueAndANameOfItsOwn) {
  std::set<std::string> names;
  for (const auto& items : {bench::describe_machine(), bench::describe_state()}) {
    for (const auto& [name, value] : items) {
      EXPECT_TRUE(names.insert(name).second) << name;
      EXPECT_FALSE(value.empty()) << name;
    }
  }
  EXPECT_EQ(bench::describe_machine(), bench::describe_machine());
}

TEST(Families, NameEveryCaseOnce) {
  std::set<std::string> names;
  for (const bench::Case& c : bench::all_cases(10'000'000)) EXPECT_TRUE(names.insert(c.name).second) << c.name;
  EXPECT_TRUE(
      names.contains("article/process_pool/kernel:literal/decomposition:by_width/n:10000/d:2/m:100/workers:6/"
                     "start:cold"));
  EXPECT_TRUE(
      names.contains("article/serial/kernel:literal/decomposition:by_width/n:100000/d:2/m:100/workers:1/"
                     "start:cold"));
}

TEST(Families, TheArticlesTableHasTheArticlesCounts) {
  EXPECT_THAT(bench::article_table_counts(), ElementsAre(16, 61, 135, 247, 390, 547, 742, 939, 1194, 1445, 1728, 2022));
}

// A backend that is right or wrong, or fails, on demand.
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
  auto run = run_cases({bench::make_case(settings)}).at(0);
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

/// A loop of another kind.
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

// What the calls before have left, the warm-up's too, must not pass for a result.
TEST(Case, WhoseBackendSkipsABlockOnceItWasExecutedIsAnError) {
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
