#include "machine/usage/background_load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>

#include "cases/verify.hpp"
#include "families/count.hpp"
#include "machine/usage/counters.hpp"
#include "parzen/random/legacy.hpp"
#include "processes/os/descriptor.hpp"
#include "run_cases.hpp"

namespace {

using bench::BackgroundLoad;
using testing::HasSubstr;
using testing::Not;
using testing::Optional;
using testing::ThrowsMessage;

/// Waits until it has used this much more CPU time; the test's watchdog is the limit.
void await_cpu_time(pid_t pid, std::chrono::milliseconds more) {
  const auto before = bench::cpu_time(pid);
  while (bench::cpu_time(pid) < before + more) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void stop(pid_t pid) {
  ASSERT_EQ(kill(pid, SIGSTOP), 0);
  siginfo_t stopped{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(pid), &stopped, WSTOPPED | WNOWAIT), 0);
}

bool is_there(pid_t pid) { return kill(pid, 0) == 0; }  // true for a zombie too

/// Other tests' pools have ended, but the fork server may be notified later.
class LeavesNoProcess : public testing::Test {
 protected:
  LeavesNoProcess() {
    while (bench::descendants().value().size() > 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ~LeavesNoProcess() override { EXPECT_EQ(bench::descendants().value(), before_) << "a process is left"; }

 private:
  std::vector<pid_t> before_ = bench::descendants().value();
};

using BackgroundLoadTest = LeavesNoProcess;
using CaseUnderLoad = LeavesNoProcess;

TEST_F(BackgroundLoadTest, KeepsAProcessorBusyAndEnds) {
  pid_t pid = 0;
  {
    BackgroundLoad load;
    pid = load.pid();
    await_cpu_time(pid, std::chrono::milliseconds(20));
    EXPECT_NO_THROW(load.require_running());
  }
  EXPECT_FALSE(is_there(pid));
}

TEST_F(BackgroundLoadTest, EndsAfterAnException) {
  pid_t pid = 0;
  try {
    const BackgroundLoad load;
    pid = load.pid();
    throw std::runtime_error("a case fails");
  } catch (const std::runtime_error&) {
    EXPECT_FALSE(is_there(pid));
  }
}

TEST_F(BackgroundLoadTest, ThatHasEndedIsAnError) {
  BackgroundLoad load;
  ASSERT_EQ(kill(load.pid(), SIGKILL), 0);
  siginfo_t ended{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(load.pid()), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_THAT([&load] { load.require_running(); },
              ThrowsMessage<std::runtime_error>(HasSubstr("ended while the case was measured: measure again")));
}

TEST_F(BackgroundLoadTest, ThatDoesNotRunIsAnError) {
  BackgroundLoad load;
  await_cpu_time(load.pid(), std::chrono::milliseconds(1));
  EXPECT_NO_THROW(load.require_running());
  stop(load.pid());
  try {
    load.require_running();  // it may have run until it stopped
  } catch (const std::runtime_error&) {
  }
  EXPECT_THAT([&load] { load.require_running(); },
              ThrowsMessage<std::runtime_error>(HasSubstr("did not run while the case was measured: measure again")));
}

TEST_F(BackgroundLoadTest, IsExcludedFromTheUsageAsTheProcessApart) {
  const BackgroundLoad load;
  await_cpu_time(load.pid(), std::chrono::milliseconds(1));
  stop(load.pid());  // from here on its CPU time stays the same
  const double used = std::chrono::duration<double>(bench::cpu_time(load.pid())).count();
  const auto of_children = [](std::span<const pid_t> apart) {
    return bench::usage_now(apart).value().children_cpu_seconds;
  };
  const std::array apart{load.pid()};
  // Other processes, such as the fork server, may use CPU time between two readings.
  const double before = of_children(apart);
  const double all = of_children({});
  const double after = of_children(apart);
  constexpr double rounding = 1e-9;
  EXPECT_GE(all, before + used - rounding);
  EXPECT_LE(all, after + used + rounding);
}

/// Ways in which a program with a background load can end.
class EndOfProgram : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Ways, EndOfProgram, testing::Values("exit", "kill", "interrupt_group"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(EndOfProgram, IsThatOfItsBackgroundLoad) {
  // An orphan becomes a child of this process, which can then wait for it.
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const std::string way = GetParam();
  processes::Pipe report = processes::Pipe::open();
  processes::Process program([&] {
    setpgid(0, 0);
    signal(SIGINT, SIG_DFL);
    const BackgroundLoad load;
    const pid_t pid = load.pid();
    processes::write_all(report.writer, {reinterpret_cast<const char*>(&pid), sizeof pid});
    if (way == "exit") _exit(0);  // without destructors
    while (true) pause();
    return 0;
  });
  program.start();
  pid_t load = 0;
  ASSERT_TRUE(processes::read_all(report.reader, reinterpret_cast<char*>(&load), sizeof load));
  if (way == "kill") program.signal(SIGKILL);
  if (way == "interrupt_group") kill(-program.pid(), SIGINT);
  program.join();
  int status = 0;
  EXPECT_EQ(waitpid(load, &status, 0), load);  // if it outlives its program, the test's time limit ends both
  EXPECT_TRUE(WIFSIGNALED(status));
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/// Counts, and inspects the other child processes.
struct Observer : backends::Backend {
  using Look = std::function<void(pid_t)>;

  Observer(std::vector<pid_t> known, Look look) : known_(std::move(known)), look_(std::move(look)) {}

  void schedule(backends::Call& call) override {
    const auto running = bench::descendants().value();
    for (const pid_t pid : running) {
      if (std::ranges::count(known_, pid) == 0) look_(pid);
    }
    for (std::size_t block = 0; block < call.size(); ++block) call.execute(block);
  }

  std::vector<pid_t> known_;
  Look look_;
};

benchmark::BenchmarkReporter::Run run_observed(int busy_programs, const Observer::Look& look) {
  const backends::Description description{
      .name = "observer", .summary = "", .make = [known = bench::descendants().value(), look] {
        return std::make_unique<Observer>(known, look);
      }};
  const auto data = [] {
    const std::vector<double> widths{1.0};
    parzen::Problem problem{parzen::legacy_samples(1, 10, 2), parzen::Query::Zero(2)};
    auto expected = bench::literal_counts(problem, widths);
    return bench::CountData{std::move(problem), widths, std::move(expected)};
  };
  bench::CaseSettings settings = bench::count_case(
      {.family = "observed", .kernel = &parzen::kernel("literal"), .n = 10, .d = 2, .m = 1, .data = data});
  settings.backend = &description;
  settings.busy_programs = busy_programs;
  return run_cases({bench::make_case(settings)}).at(0);
}

TEST_F(CaseUnderLoad, HasABackgroundLoadWhoseTimeIsNotItsOwn) {
  std::set<pid_t> seen;
  const auto run = run_observed(2, [&seen](pid_t pid) {
    await_cpu_time(pid, std::chrono::milliseconds(5));
    seen.insert(pid);
  });
  EXPECT_EQ(error_in(run), std::nullopt);
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_THAT(run.run_name.function_name, HasSubstr("/load:2/"));
  EXPECT_EQ(run.counters.at("children_cpu_time").value, 0);
}

TEST_F(CaseUnderLoad, WithoutItsBackgroundLoadIsAnErrorAndNeverATime) {
  const auto run = run_observed(1, [](pid_t pid) {
    kill(pid, SIGKILL);
    siginfo_t ended{};  // a signal takes some time; the case reaps the process
    waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT);
  });
  EXPECT_THAT(error_in(run), Optional(HasSubstr("ended while the case was measured")));
}

TEST_F(CaseUnderLoad, ThatFailsLeavesNoBackgroundLoad) {
  const auto run = run_observed(1, [](pid_t) { throw std::runtime_error("no mood to count"); });
  EXPECT_EQ(error_in(run), "no mood to count");
}

TEST_F(CaseUnderLoad, IsTheOnlyKindWithABackgroundLoad) {
  const auto run = run_observed(0, [](pid_t pid) { ADD_FAILURE() << "process " << pid; });
  EXPECT_EQ(error_in(run), std::nullopt);
  EXPECT_THAT(run.run_name.function_name, Not(HasSubstr("/load:")));
}

}  // namespace
