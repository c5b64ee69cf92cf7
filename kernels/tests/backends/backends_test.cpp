#include "backends/backend.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX, not C++
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ostream>
#include <stdexcept>
#include <string>
#include <thread>

#include "contract.hpp"
#include "golden.hpp"
#include "loops/sample_loops.hpp"
#include "parzen/counting/loop.hpp"
#include "processes/pool/errors.hpp"
#include "resources.hpp"
#include "seccomp.hpp"

namespace backends {

/// Names tests by their parameter.
void PrintTo(const Description& description, std::ostream* out) { *out << description.name; }

}  // namespace backends

namespace {

using backends::Backend;
using backends::Call;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::ThrowsMessage;

class EveryBackend : public testing::TestWithParam<backends::Description> {};
INSTANTIATE_TEST_SUITE_P(Backends, EveryBackend, testing::ValuesIn(backends::registry()),
                         [](const auto& test) { return test.param.name; });

TEST_P(EveryBackend, KeepsTheContract) { EXPECT_THAT(contract::violations(GetParam().make), IsEmpty()); }

// With the two kernels and the decompositions of the family article; parzen_test.cpp does the same for all kernels.
TEST_P(EveryBackend, GivesTheGoldenCountsWithOneToSixWorkers) {
  using parzen::Decomposition;
  for (const auto& g : golden::load()) {
    for (const auto& [name, cut] :
         {std::pair("literal", Decomposition::by_width), {"fused", Decomposition::by_sample}}) {
      const parzen::CountLoop loop(g.problem, parzen::kernel(name), cut, g.widths.size());
      for (int workers = 1; workers <= 6; ++workers) {
        const auto backend = GetParam().make();
        backend->start(loop.loop(), workers);
        ASSERT_EQ(parzen::counts_in(backend->run(loop.parameters(g.widths))), g.counts)
            << g.name << ", " << name << ", " << workers << " workers";
      }
    }
  }
}

TEST_P(EveryBackend, CountsInAHostThatIgnoresSigchld) {
  const loops::Loop loop = loops::map<sample_loops::root>({.tasks = 3});
  const auto expected = sample_loops::answer(loop, {});
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  for (int call = 0; call < 20; ++call) {
    const auto backend = GetParam().make();
    backend->start(loop, 2);
    EXPECT_EQ(backend->run({}), expected);
  }
  std::signal(SIGCHLD, before);
}

void count_twice(const parzen::ProblemView& problem, parzen::Range samples, std::span<const double> widths,
                 std::span<parzen::Count> counts) {
  parzen::count_literal(problem, samples, widths, counts);
  for (parzen::Count& count : counts) count *= 2;
}

TEST_P(EveryBackend, CountsByAKernelOfTheProgramsOwn) {
  const parzen::Problem problem{parzen::legacy_samples(1, 100, 2), parzen::Query::Zero(2)};
  const std::vector<double> widths{0.5, 1.0, 2.0};
  parzen::Counts expected(widths.size());
  count_twice(problem, {0, 100}, widths, expected);
  const parzen::Kernel own{"literal", "counts every sample twice", count_twice};  // the name of another kernel
  const parzen::CountLoop loop(problem, own, parzen::Decomposition::by_width, widths.size());
  const auto backend = GetParam().make();
  backend->start(loop.loop(), 2);
  EXPECT_EQ(parzen::counts_in(backend->run(loop.parameters(widths))), expected);
}

std::int64_t set_in_main = 0;

std::int64_t read_what_main_set(std::int64_t task) { return task == 1 ? set_in_main : task; }

// The workers of a pool were forked from a process that was made when the program started.
TEST_P(EveryBackend, DetectsALoopThatReadsAVariableWhichMainSet) {
  set_in_main = 7;
  const loops::Loop loop = loops::map<read_what_main_set>({.tasks = 3});
  const auto backend = GetParam().make();
  backend->start(loop, 2);
  const std::string found = loops::difference(loop, sample_loops::answer(loop, {}), backend->run({}));
  set_in_main = 0;
  const bool is_pool = GetParam().mechanism == backends::Mechanism::processes && GetParam().warms_up;
  EXPECT_EQ(found, is_pool ? "1 of 3 results are wrong; task 1: found 0, expected 7" : "");
}

double throw_an_int(std::int64_t task) {
  if (task == 2) throw 42;
  return 0;
}

TEST_P(EveryBackend, ThrowsForATaskThatThrowsANonStandardException) {
  const auto backend = GetParam().make();
  backend->start(loops::map<throw_an_int>({.tasks = 3}), 2);
  EXPECT_ANY_THROW(backend->run({}));
  backend->stop();
}

TEST_P(EveryBackend, AWorkerProcessThatHasDiedIsAnError) {
  if (GetParam().mechanism != backends::Mechanism::processes || !GetParam().warms_up) {
    GTEST_SKIP() << "it has no worker process that could die between calls";
  }
  const auto backend = GetParam().make();
  const auto others = resources::descendants();  // the fork server
  backend->start(loops::map<sample_loops::root>({.tasks = 2}), 3);
  for (const pid_t pid : resources::descendants()) {
    if (std::ranges::find(others, pid) == others.end()) kill(pid, SIGKILL);
  }
  // The time would be that of fewer workers than it claims.
  EXPECT_THROW(backend->run({}), processes::WorkerLost);
}

TEST_P(EveryBackend, OfThreadsReportsThatThreadsAreDenied) {
  if (GetParam().mechanism != backends::Mechanism::threads) GTEST_SKIP() << "it creates no threads";
  if (!seccomp::works()) GTEST_SKIP() << "seccomp filters are not available";
  GetParam().check(3);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!seccomp::deny({SYS_clone, SYS_clone3}, EAGAIN)) _exit(2);
    const auto denied = [](int workers) -> std::string {
      try {
        GetParam().check(workers);
        return {};
      } catch (const std::runtime_error& error) {
        return error.what();
      }
    };
    // The calling thread is a worker, or it waits for the workers.
    const int had = denied(1).empty() ? 1 : 0;
    const auto says = fmt::format("cannot create threads for 3 workers, only for {} (raise ulimit -u", had);
    _exit(denied(3).starts_with(says) ? 0 : 3);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(Registry, BeginsWithSerialAndFindsByName) {
  ASSERT_FALSE(backends::registry().empty());
  EXPECT_EQ(backends::registry().front().name, "serial");
  EXPECT_EQ(backends::find("process_pool").name, "process_pool");
  EXPECT_THAT([] { backends::find("gpu"); },
              ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("'gpu'"), HasSubstr("serial, fork_pipe"))));
}

}  // namespace
