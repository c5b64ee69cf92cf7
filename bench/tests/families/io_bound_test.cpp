#include "families/io_bound/io_bound.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <thread>

#include "families/families.hpp"
#include "family_names.hpp"
#include "machine/usage/counters.hpp"
#include "processes/process.hpp"
#include "resources.hpp"
#include "run_cases.hpp"

namespace {

namespace io_bound = bench::io_bound;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::ThrowsMessage;

constexpr std::int64_t block = 262'144;

/// A folder of its own, where a temporary file would be seen.
class IoBound : public testing::Test {
 protected:
  IoBound() {
    std::string made = std::filesystem::temp_directory_path() / "io_bound_test.XXXXXX";
    if (mkdtemp(made.data()) == nullptr) throw std::runtime_error("no temporary folder can be made");
    folder_ = made;
  }
  ~IoBound() override {
    bench::begin_group("none");
    EXPECT_TRUE(std::filesystem::is_empty(folder_));
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path folder_;
};

class IoBoundFile : public IoBound {
 protected:
  void SetUp() override {
    const auto left_out = bench::select_io_bound({folder_}).skipped;
    if (!left_out.empty()) GTEST_SKIP() << left_out.front();
  }
};

std::multiset<std::string> names_of_operation(const std::string& operation) {
  std::multiset<std::string> names;
  for (const backends::Description& backend : backends::registry()) {
    for (const int workers : {1, 2, 4, 8, 16}) {
      if (backend.name == "serial" && workers > 1) continue;
      names.insert(fmt::format("io_bound/{}/operation:{}/tasks:16/workers:{}/start:{}", backend.name, operation,
                               workers, backend.warms_up ? "warm" : "cold"));
    }
  }
  return names;
}

TEST_F(IoBound, HasEveryBackendWithOneToSixteenWorkers) {
  const auto selection = bench::select_io_bound({folder_});
  std::multiset<std::string> expected = names_of_operation("timer");
  expected.merge(names_of_operation("pipe"));
  if (selection.skipped.empty()) {
    const bool direct = &io_bound::way_past_cache(folder_) == &io_bound::read_direct;
    expected.merge(names_of_operation(direct ? "file_direct" : "file_dropped"));
  }
  EXPECT_EQ(names_of(selection.cases), expected);
  for (const bench::Case& each : selection.cases) EXPECT_EQ(each.n, 0);
}

TEST_F(IoBound, SharesWhatAnOperationNeedsAndNoMore) {
  for (const bench::Case& each : bench::select_io_bound({folder_}).cases) {
    EXPECT_THAT(each.name, HasSubstr(each.group.substr(each.group.find("/operation:")) + "/tasks:"));
  }
}

TEST_F(IoBound, IsRightUnderEveryBackendAndLeavesNothing) {
  // What libraries make once for the whole program.
  run_cases(only(bench::select_io_bound({folder_}).cases, "operation:timer/tasks:16/workers:16/"));
  const auto settled = [] {
    bench::begin_group("none");
    // A pool has ended before the fork server is told, which is the one that stays.
    while (bench::descendants().value().size() > 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    resources::Snapshot now;
    now.mappings = 0;  // the allocator's, of threads that were
    return now;
  };
  const auto before = settled();
  const auto cases = bench::select_io_bound({folder_}).cases;
  const auto runs = run_cases(cases);
  EXPECT_EQ(settled(), before);
  EXPECT_THAT(runs, SizeIs(cases.size()));
  for (const auto& run : runs) {
    const std::string name = run.run_name.function_name;
    EXPECT_EQ(error_in(run), std::nullopt) << name;
    EXPECT_TRUE(run.counters.contains("children_cpu_time")) << name;
    EXPECT_FALSE(run.counters.contains("counts_digest")) << name << " counts no windows";
  }
}

TEST_F(IoBound, TasksWaitForTheirTimeAtLeast) {
  for (const bench::CaseSettings& settings : {io_bound::timer(), io_bound::pipe()}) {
    const bench::Question question = settings.question();
    parzen::Counts counts(question.widths.size());
    const auto begin = io_bound::Clock::now();
    settings.kernel->count(question.problem, {0, 1}, question.widths, counts);
    EXPECT_GE(io_bound::Clock::now() - begin, io_bound::tasks * io_bound::wait) << settings.kernel->name;
    EXPECT_EQ(counts, question.expected) << settings.kernel->name;
  }
}

/// What becomes of a serial case whose question is spoilt.
template <class Spoil>
std::string error_of(bench::CaseSettings settings, const Spoil& spoil) {
  settings.family = "spoilt";
  settings.backend = &backends::find("serial");
  settings.question = [ask = settings.question, spoil] {
    bench::Question question = ask();
    spoil(question);
    return question;
  };
  const auto run = run_cases({bench::make_case(settings)}).at(0);
  bench::begin_group("none");
  return error_in(run).value_or("no error");
}

TEST_F(IoBound, WhatCannotBeOpenedIsAnErrorAndNeverATime) {
  const auto spoil = [](bench::Question& question) { question.problem.query[1] = -1; };
  EXPECT_THAT(error_of(io_bound::pipe(), spoil), HasSubstr("; task 0: No such file or directory"));
}

TEST_F(IoBound, AnAnswerToAnotherQuestionIsNone) {
  const bench::CaseSettings settings = io_bound::pipe();
  bench::Question question = settings.question();
  std::swap(question.problem.query[2], question.problem.query[3]);  // either task reads where the other's answer comes
  parzen::Counts counts{-1, -1};
  {
    std::vector<std::jthread> threads;
    for (const std::size_t task : {0, 1}) {
      threads.emplace_back([&, task] {
        settings.kernel->count(question.problem, {0, 1}, std::span(question.widths).subspan(task, 1),
                               std::span(counts).subspan(task, 1));
      });
    }
  }
  EXPECT_THAT(counts, ElementsAre(0, 0));
}

TEST_F(IoBound, AnAnswerThatAFailedCaseLeftIsPassedOver) {
  const bench::CaseSettings settings = io_bound::pipe();
  const bench::Question question = settings.question();
  const parzen::Query& query = question.problem.query;
  const auto questions = io_bound::reopen(query[0], query[1], O_WRONLY);
  const auto answers = io_bound::reopen(query[0], query[2], O_RDONLY);
  const std::array<std::int64_t, 2> asked{0, 0};  // at the beginning of the clock, by task 0
  processes::write_all(questions, {reinterpret_cast<const char*>(asked.data()), sizeof asked});
  pollfd answered{answers.get(), POLLIN, 0};
  ASSERT_EQ(poll(&answered, 1, -1), 1);  // and it stays there
  for (int time = 0; time < 2; ++time) {
    parzen::Counts counts(question.widths.size(), -1);
    settings.kernel->count(question.problem, {0, 1}, question.widths, counts);
    EXPECT_EQ(counts, question.expected);
  }
}

TEST_F(IoBound, NoChildOutlivesTheProgramThatDoesNotAnswer) {
  processes::Pipe told = processes::Pipe::open();
  processes::Process program([&told] {
    const bench::CaseSettings settings = io_bound::pipe();
    bench::Question question = settings.question();
    const processes::Pipe nobody = processes::Pipe::open();
    question.problem.query[1] = nobody.writer.get();
    processes::Process child([&] {
      alarm(20);  // that would end it, and without an answer to this test
      parzen::Counts counts{0};
      settings.kernel->count(question.problem, {0, 1}, std::span(question.widths).first(1), counts);
      processes::write_all(told.writer, {reinterpret_cast<const char*>(counts.data()), sizeof counts[0]});
      return 0;
    });
    child.start();
    char byte = 0;
    processes::read_all(nobody.reader, &byte, 1);  // it has asked
    kill(getpid(), SIGKILL);
    return 0;
  });
  program.start();
  told.writer.close();
  parzen::Count count = 0;
  ASSERT_TRUE(processes::read_all(told.reader, reinterpret_cast<char*>(&count), sizeof count));
  EXPECT_EQ(count, -ESRCH);
  EXPECT_FALSE(processes::read_all(told.reader, reinterpret_cast<char*>(&count), 1)) << "the child is there";
}

parzen::Count throw_anything(const parzen::Problem& /*problem*/, std::int64_t task) {
  if (task == 0) throw std::runtime_error("no error of the system's");
  throw task;
}

TEST_F(IoBound, NoExceptionLeavesATask) {
  parzen::Counts counts(2);
  io_bound::do_tasks<throw_anything>({}, {0, 1}, std::vector{1.0, 2.0}, counts);
  EXPECT_THAT(counts, ElementsAre(-EIO, -EIO));
}

TEST_F(IoBoundFile, HasNoNameFromTheBeginning) {
  const bench::Question question = io_bound::file_question(folder_);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  const auto file = fmt::format("/proc/self/fd/{}", question.problem.query[1]);
  EXPECT_THAT(std::filesystem::read_symlink(file).string(), AllOf(HasSubstr(folder_.string()), HasSubstr("(deleted)")));
  EXPECT_EQ(std::filesystem::file_size(file), io_bound::tasks * block);
}

TEST_F(IoBoundFile, NeverHasANameWhereTheFileSystemCanDoWithout) {
  if (!processes::Descriptor(open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600))) {
    GTEST_SKIP() << "it needs one";
  }
  const bench::Question question = io_bound::file_question(folder_);
  const auto file = fmt::format("/proc/self/fd/{}", question.problem.query[1]);
  EXPECT_THAT(std::filesystem::read_symlink(file).string(), Not(HasSubstr("parzen_bench")));
}

TEST_F(IoBoundFile, IsReadByEitherWayPastTheCache) {
  const bench::Question question = io_bound::file_question(folder_);
  for (const parzen::Kernel* kernel : {&io_bound::read_direct, &io_bound::read_dropped}) {
    parzen::Counts counts(question.widths.size(), -1);
    kernel->count(question.problem, {0, 1}, question.widths, counts);
    EXPECT_EQ(counts, question.expected) << kernel->summary;
    EXPECT_EQ(counts, parzen::Counts(io_bound::tasks, block)) << kernel->summary;
  }
}

/// A kernel that finds nothing but this count.
template <parzen::Count count>
const parzen::Kernel gives{"gives", "the same count",
                           [](const parzen::Problem&, parzen::Range, std::span<const double>,
                              std::span<parzen::Count> counts) { counts[0] = count; }};

TEST_F(IoBoundFile, IsReadDirectlyWhereThatGivesTheBlockAndElseOnlyWhereItIsRefusedDroppedBefore) {
  const auto way = [this](const parzen::Kernel& direct, const parzen::Kernel& dropped) {
    return &io_bound::way_past_cache(folder_, direct, dropped);
  };
  EXPECT_EQ(way(gives<block>, gives<-EIO>), &gives<block>);
  EXPECT_EQ(way(gives<-EINVAL>, io_bound::read_dropped), &io_bound::read_dropped);
  EXPECT_EQ(way(gives<-EOPNOTSUPP>, io_bound::read_dropped), &io_bound::read_dropped);
  EXPECT_THAT([&way] { way(gives<-EACCES>, io_bound::read_dropped); },
              ThrowsMessage<std::runtime_error>(HasSubstr("Permission denied")));
  EXPECT_THAT([&way] { way(gives<block / 2>, io_bound::read_dropped); },
              ThrowsMessage<std::runtime_error>(HasSubstr("found 131072, expected 262144")));
  EXPECT_THAT([&way] { way(gives<-EINVAL>, gives<-EIO>); },
              ThrowsMessage<std::runtime_error>(HasSubstr("Input/output error")));
  EXPECT_THAT([&way] { way(gives<-EINVAL>, gives<0>); },
              ThrowsMessage<std::runtime_error>(HasSubstr("found 0, expected 262144")));
}

TEST_F(IoBoundFile, IsReadOnlyOnceItIsDroppedWhereDirectReadingLeavesItInTheCache) {
  static constexpr parzen::Kernel through_the_cache{
      "cached", "reads a block",
      [](const parzen::Problem& problem, parzen::Range, std::span<const double>, std::span<parzen::Count> counts) {
        std::string bytes(block, ' ');
        counts[0] = pread(static_cast<int>(problem.query[1]), bytes.data(), bytes.size(), 0);
      }};
  EXPECT_EQ(&io_bound::way_past_cache(folder_, through_the_cache, io_bound::read_dropped), &io_bound::read_dropped);
}

TEST_F(IoBoundFile, ThatIsShortIsAnErrorAndNeverATime) {
  for (const parzen::Kernel* kernel : {&io_bound::read_direct, &io_bound::read_dropped}) {
    bench::CaseSettings settings = io_bound::file({folder_});
    settings.kernel = kernel;
    const auto shorten = [](const bench::Question& question) {
      ASSERT_EQ(ftruncate(static_cast<int>(question.problem.query[1]), block / 2), 0);
    };
    EXPECT_THAT(error_of(settings, shorten), HasSubstr("; task 0: found 131072, expected 262144")) << kernel->summary;
  }
}

TEST_F(IoBoundFile, OfOtherContentIsAnErrorAndNeverATime) {
  const auto overwrite = [](const bench::Question& question) {
    const std::string other(4096, 'x');
    ASSERT_EQ(pwrite(static_cast<int>(question.problem.query[1]), other.data(), other.size(), 8192), 4096);
  };
  EXPECT_THAT(error_of(io_bound::file({folder_}), overwrite), HasSubstr("; task 0: found 258048, expected 262144"));
}

TEST_F(IoBoundFile, IsInTheFirstFolderThatAllowsIt) {
  const bench::Question question = io_bound::file({folder_ / "missing", folder_}).question();
  const auto file = fmt::format("/proc/self/fd/{}", question.problem.query[1]);
  EXPECT_THAT(std::filesystem::read_symlink(file).string(), HasSubstr(folder_.string()));
}

TEST_F(IoBound, LeavesFilesOutWhereNoFolderAllowsThem) {
  const auto selection = bench::select_io_bound({folder_ / "missing"});
  const std::size_t files = names_of_operation("file_direct").size();
  EXPECT_THAT(selection.skipped,
              ElementsAre(AllOf(HasSubstr(fmt::format("{} cases of family io_bound are skipped, operation file: {}/"
                                                      "missing: mkostemp: No such file or directory",
                                                      files, folder_.string())),
                                HasSubstr("by TMPDIR"))));
  EXPECT_THAT(only(selection.cases, "operation:file"), IsEmpty());
  EXPECT_THAT(selection.cases, SizeIs(2 * files));
}

TEST_F(IoBound, LeavesFilesOutThatAreInMemory) {
  struct statfs system{};
  if (statfs("/dev/shm", &system) < 0 || system.f_type != TMPFS_MAGIC) GTEST_SKIP() << "/dev/shm is no tmpfs";
  EXPECT_THAT([] { io_bound::file({"/dev/shm"}); },
              ThrowsMessage<std::runtime_error>(HasSubstr("/dev/shm: its files are in memory")));
}

}  // namespace
