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
#include <span>
#include <stdexcept>
#include <system_error>
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
  for (const backends::Description& backend : every_backend()) {
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
    expected.merge(names_of_operation(io_bound::way_past_cache(folder_).name));
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
    // A pool has ended before the fork server is notified, which is the one that stays.
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
    EXPECT_FALSE(run.counters.contains("answer_digest")) << name << " computes nothing";
  }
}

/// What the loop of a call gives, run in this thread.
std::vector<std::int64_t> results_of(const bench::LoopCall& call) {
  std::vector<std::int64_t> results(static_cast<std::size_t>(call.loop.tasks), -1);
  const auto serial = backends::find("serial").make();
  serial->start(call.loop, 1);
  serial->run(call.parameters, std::as_writable_bytes(std::span(results)));
  return results;
}

std::vector<std::int64_t> expected_of(const bench::LoopCall& call) {
  const std::span results(reinterpret_cast<const std::int64_t*>(call.expected.data()),
                          call.expected.size() / sizeof(std::int64_t));
  return {results.begin(), results.end()};
}

/// The parameters of a call.
template <class Parameters>
Parameters& parameters_of(bench::LoopCall& call) {
  EXPECT_EQ(call.parameters.size(), sizeof(Parameters));
  return *reinterpret_cast<Parameters*>(call.parameters.data());
}

TEST_F(IoBound, TasksWaitForTheirTimeAtLeast) {
  for (const bench::CaseSettings& settings : {io_bound::timer(), io_bound::pipe()}) {
    const bench::LoopCall call = settings.call();
    const auto begin = io_bound::Clock::now();
    const auto results = results_of(call);
    EXPECT_GE(io_bound::Clock::now() - begin, io_bound::tasks * io_bound::wait) << settings.work;
    EXPECT_EQ(results, expected_of(call)) << settings.work;
    bench::begin_group("none");
  }
}

/// What becomes of a serial case whose call is spoilt.
template <class Spoil>
std::string error_of(bench::CaseSettings settings, const Spoil& spoil) {
  settings.family = "spoilt";
  settings.backend = &backends::find("serial");
  settings.call = [make = settings.call, spoil] {
    bench::LoopCall call = make();
    spoil(call);
    return call;
  };
  const auto run = run_cases({bench::make_case(settings)}).at(0);
  bench::begin_group("none");
  return error_in(run).value_or("no error");
}

TEST_F(IoBound, WhatCannotBeOpenedIsAnErrorAndNeverATime) {
  const auto spoil = [](bench::LoopCall& call) { parameters_of<io_bound::Pipes>(call).questions.descriptor = -1; };
  EXPECT_THAT(error_of(io_bound::pipe(), spoil), HasSubstr("No such file or directory"));
}

TEST_F(IoBound, AnAnswerToAnotherTaskIsNone) {
  bench::LoopCall call = io_bound::pipe_call();
  io_bound::Pipes pipes = parameters_of<io_bound::Pipes>(call);
  std::swap(pipes.answers[0], pipes.answers[1]);  // either task reads where the other's answer comes
  std::array<std::int64_t, 2> results{-1, -1};
  {
    std::vector<std::jthread> threads;
    for (const std::size_t task : {0, 1}) {
      threads.emplace_back([&, task] { results.at(task) = io_bound::ask(pipes, static_cast<std::int64_t>(task)); });
    }
  }
  EXPECT_THAT(results, ElementsAre(0, 0));
}

TEST_F(IoBound, AnAnswerThatAFailedCaseLeftIsPassedOver) {
  bench::LoopCall call = io_bound::pipe_call();
  const auto& pipes = parameters_of<io_bound::Pipes>(call);
  const auto questions = io_bound::reopen(pipes.questions, O_WRONLY);
  const auto answers = io_bound::reopen(pipes.answers[0], O_RDONLY);
  const std::array<std::int64_t, 2> asked{0, 0};  // at the beginning of the clock, by task 0
  processes::write_all(questions, {reinterpret_cast<const char*>(asked.data()), sizeof asked});
  pollfd answered{answers.get(), POLLIN, 0};
  ASSERT_EQ(poll(&answered, 1, -1), 1);  // and it stays there
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(results_of(call), expected_of(call));
  }
}

TEST_F(IoBound, NoChildOutlivesTheProgramThatDoesNotAnswer) {
  processes::Pipe report = processes::Pipe::open();
  processes::Process program([&report] {
    bench::LoopCall call = io_bound::pipe_call();
    auto& pipes = parameters_of<io_bound::Pipes>(call);
    const processes::Pipe nobody = processes::Pipe::open();
    pipes.questions.descriptor = nobody.writer.get();
    processes::Process child([&] {
      alarm(20);  // that would end it, and without an answer to this test
      int error = 0;
      try {
        io_bound::ask(pipes, 0);
      } catch (const std::system_error& thrown) {
        error = thrown.code().value();
      }
      processes::write_all(report.writer, {reinterpret_cast<const char*>(&error), sizeof error});
      return 0;
    });
    child.start();
    char byte = 0;
    processes::read_all(nobody.reader, &byte, 1);  // it has asked
    kill(getpid(), SIGKILL);
    return 0;
  });
  program.start();
  report.writer.close();
  int error = 0;
  ASSERT_TRUE(processes::read_all(report.reader, reinterpret_cast<char*>(&error), sizeof error));
  EXPECT_EQ(error, ESRCH);
  EXPECT_FALSE(processes::read_all(report.reader, reinterpret_cast<char*>(&error), 1)) << "the child is there";
}

/// What a descriptor of this process is open on.
std::filesystem::path opened(const processes::Descriptor& file) {
  return std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", file.get()));
}

TEST_F(IoBoundFile, HasNoNameFromTheBeginning) {
  const auto file = io_bound::make_file(folder_);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  EXPECT_THAT(opened(*file).string(), AllOf(HasSubstr(folder_.string()), HasSubstr("(deleted)")));
  EXPECT_EQ(std::filesystem::file_size(fmt::format("/proc/self/fd/{}", file->get())), io_bound::tasks * block);
}

TEST_F(IoBoundFile, NeverHasANameWhereTheFileSystemCanDoWithout) {
  if (!processes::Descriptor(open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600))) {
    GTEST_SKIP() << "it needs one";
  }
  EXPECT_THAT(opened(*io_bound::make_file(folder_)).string(), Not(HasSubstr("parzen_bench")));
}

TEST_F(IoBoundFile, IsReadByEitherWayPastTheCache) {
  for (const io_bound::Way* way : {&io_bound::read_direct, &io_bound::read_dropped}) {
    const bench::LoopCall call = io_bound::file_call(*way, io_bound::make_file(folder_));
    EXPECT_EQ(results_of(call), std::vector<std::int64_t>(io_bound::tasks, block)) << way->name;
    EXPECT_EQ(results_of(call), expected_of(call)) << way->name;
  }
}

/// A way that finds nothing but so many right bytes.
template <std::int64_t bytes>
std::int64_t find_bytes(const io_bound::Remote& /*file*/, std::int64_t /*task*/) {
  return bytes;
}
template <int error>
std::int64_t fail_with(const io_bound::Remote& /*file*/, std::int64_t /*task*/) {
  throw std::system_error(error, std::generic_category(), "pread");
}
template <std::int64_t bytes>
const io_bound::Way gives = io_bound::way<find_bytes<bytes>>("gives");
template <int error>
const io_bound::Way fails = io_bound::way<fail_with<error>>("fails");

TEST_F(IoBoundFile, IsReadDirectlyWhereThatGivesTheBlockAndElseOnlyWhereItIsRejectedDroppedBefore) {
  const auto way = [this](const io_bound::Way& direct, const io_bound::Way& dropped) {
    return &io_bound::way_past_cache(folder_, direct, dropped);
  };
  EXPECT_EQ(way(gives<block>, fails<EIO>), &gives<block>);
  EXPECT_EQ(way(fails<EINVAL>, io_bound::read_dropped), &io_bound::read_dropped);
  EXPECT_EQ(way(fails<EOPNOTSUPP>, io_bound::read_dropped), &io_bound::read_dropped);
  EXPECT_THAT([&way] { way(fails<EACCES>, io_bound::read_dropped); },
              ThrowsMessage<std::runtime_error>(HasSubstr("Permission denied")));
  EXPECT_THAT([&way] { way(gives<block / 2>, io_bound::read_dropped); },
              ThrowsMessage<std::runtime_error>(HasSubstr("found 131072 right bytes of a block of 262144")));
  EXPECT_THAT([&way] { way(fails<EINVAL>, fails<EIO>); },
              ThrowsMessage<std::runtime_error>(HasSubstr("Input/output error")));
  EXPECT_THAT([&way] { way(fails<EINVAL>, gives<0>); },
              ThrowsMessage<std::runtime_error>(HasSubstr("found 0 right bytes of a block of 262144")));
}

std::int64_t read_through_the_cache(const io_bound::Remote& remote, std::int64_t /*task*/) {
  std::string bytes(block, ' ');
  return pread(remote.descriptor, bytes.data(), bytes.size(), 0);
}

TEST_F(IoBoundFile, IsReadOnlyOnceItIsDroppedWhereDirectReadingLeavesItInTheCache) {
  const auto cached = io_bound::way<read_through_the_cache>("cached");
  EXPECT_EQ(&io_bound::way_past_cache(folder_, cached, io_bound::read_dropped), &io_bound::read_dropped);
}

TEST_F(IoBoundFile, ThatIsShortIsAnErrorAndNeverATime) {
  for (const io_bound::Way* way : {&io_bound::read_direct, &io_bound::read_dropped}) {
    const auto settings =
        io_bound::case_of("short", [&] { return io_bound::file_call(*way, io_bound::make_file(folder_)); });
    const auto shorten = [](bench::LoopCall& call) {
      ASSERT_EQ(ftruncate(parameters_of<io_bound::Remote>(call).descriptor, block / 2), 0);
    };
    EXPECT_THAT(error_of(settings, shorten), HasSubstr("; task 0: found 131072, expected 262144")) << way->name;
  }
}

TEST_F(IoBoundFile, OfOtherContentIsAnErrorAndNeverATime) {
  const auto overwrite = [](bench::LoopCall& call) {
    const std::string other(4096, 'x');
    ASSERT_EQ(pwrite(parameters_of<io_bound::Remote>(call).descriptor, other.data(), other.size(), 8192), 4096);
  };
  EXPECT_THAT(error_of(io_bound::file({folder_}), overwrite), HasSubstr("; task 0: found 258048, expected 262144"));
}

TEST_F(IoBoundFile, IsInTheFirstFolderThatAllowsIt) {
  bench::LoopCall call = io_bound::file({folder_ / "missing", folder_}).call();
  const auto file = fmt::format("/proc/self/fd/{}", parameters_of<io_bound::Remote>(call).descriptor);
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
  struct statfs system {};
  if (statfs("/dev/shm", &system) < 0 || system.f_type != TMPFS_MAGIC) GTEST_SKIP() << "/dev/shm is no tmpfs";
  EXPECT_THAT([] { io_bound::file({"/dev/shm"}); },
              ThrowsMessage<std::runtime_error>(HasSubstr("/dev/shm: its files are in memory")));
}

}  // namespace
