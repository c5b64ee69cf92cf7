#include "families/io_bound/io_bound.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>

#include "families/families.hpp"
#include "families/io_bound/io_bound_scene.hpp"
#include "family_names.hpp"
#include "machine/usage/counters.hpp"
#include "processes/process.hpp"
#include "resources.hpp"
#include "run_cases.hpp"

namespace {

namespace io_bound = bench::io_bound;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

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

TEST_F(IoBound, SharesTheCallOfAnOperationAndNoMore) {
  for (const bench::Case& each : bench::select_io_bound({folder_}).cases) {
    EXPECT_THAT(each.name, HasSubstr(each.group.substr(each.group.find("/operation:")) + "/tasks:"));
  }
}

TEST_F(IoBound, IsRightUnderEveryBackendAndLeavesNothing) {
  // Run once before: libraries create some resources once per program.
  run_cases(only(bench::select_io_bound({folder_}).cases, "operation:timer/tasks:16/workers:16/"));
  const auto settled = [] {
    bench::begin_group("none");
    // A pool ends before the fork server is notified. The fork server stays.
    while (bench::descendants().value().size() > 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    resources::Snapshot now;
    now.mappings = 0;  // the allocator keeps mappings of ended threads
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
    EXPECT_FALSE(run.counters.contains("counts_digest")) << name << " does not count windows";
    EXPECT_FALSE(run.counters.contains("answer_digest")) << name << " computes no answer";
  }
}

TEST_F(IoBound, TasksWaitAtLeastTheirTime) {
  for (const bench::CaseSettings& settings : {io_bound::timer(), io_bound::pipe()}) {
    const bench::LoopCall call = settings.call();
    const auto begin = io_bound::Clock::now();
    const auto results = results_of(call);
    EXPECT_GE(io_bound::Clock::now() - begin, io_bound::tasks * io_bound::wait) << settings.work;
    EXPECT_EQ(results, expected_of(call)) << settings.work;
    bench::begin_group("none");
  }
}

TEST_F(IoBound, ADescriptorThatCannotBeOpenedIsAnErrorAndNeverATime) {
  const auto spoil = [](bench::LoopCall& call) { parameters_of<io_bound::Pipes>(call).questions.descriptor = -1; };
  EXPECT_THAT(error_of(io_bound::pipe(), spoil), HasSubstr("No such file or directory"));
}

TEST_F(IoBound, AReplyToAnotherTaskIsWrong) {
  bench::LoopCall call = io_bound::pipe_call();
  io_bound::Pipes pipes = parameters_of<io_bound::Pipes>(call);
  std::swap(pipes.answers[0], pipes.answers[1]);  // each of the two tasks reads the other's pipe
  std::array<std::int64_t, 2> results{-1, -1};
  {
    std::vector<std::jthread> threads;
    for (const std::size_t task : {0UL, 1UL}) {
      threads.emplace_back([&, task] { results.at(task) = io_bound::ask(pipes, static_cast<std::int64_t>(task)); });
    }
  }
  EXPECT_THAT(results, ElementsAre(0, 0));
}

TEST_F(IoBound, AStaleReplyOfAFailedCaseIsSkipped) {
  bench::LoopCall call = io_bound::pipe_call();
  const auto& pipes = parameters_of<io_bound::Pipes>(call);
  const auto questions = io_bound::reopen(pipes.questions, O_WRONLY);
  const auto answers = io_bound::reopen(pipes.answers[0], O_RDONLY);
  const std::array<std::int64_t, 2> asked{0, 0};  // at time 0 of the clock, by task 0
  processes::write_all(questions, {reinterpret_cast<const char*>(asked.data()), sizeof asked});
  pollfd answered{answers.get(), POLLIN, 0};
  ASSERT_EQ(poll(&answered, 1, -1), 1);  // and it stays unread
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(results_of(call), expected_of(call));
  }
}

TEST_F(IoBound, NoChildOutlivesAProgramThatDoesNotReply) {
  processes::Pipe report = processes::Pipe::open();
  processes::Process program([&report] {
    bench::LoopCall call = io_bound::pipe_call();
    auto& pipes = parameters_of<io_bound::Pipes>(call);
    const processes::Pipe nobody = processes::Pipe::open();
    pipes.questions.descriptor = nobody.writer.get();
    processes::Process child([&] {
      alarm(20);  // ends the child after 20 s, without a report to this test
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
    processes::read_all(nobody.reader, &byte, 1);  // the child has sent its request
    kill(getpid(), SIGKILL);
    return 0;
  });
  program.start();
  report.writer.close();
  int error = 0;
  ASSERT_TRUE(processes::read_all(report.reader, reinterpret_cast<char*>(&error), sizeof error));
  EXPECT_EQ(error, ESRCH);
  EXPECT_FALSE(processes::read_all(report.reader, reinterpret_cast<char*>(&error), 1)) << "the child still runs";
}

}  // namespace
