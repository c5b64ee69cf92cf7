#include "backends/backend.hpp"

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
#include "processes/pool/errors.hpp"
#include "resources.hpp"
#include "seccomp.hpp"

namespace backends {

/// So that a test is called by the name of its parameter.
void PrintTo(const Description& description, std::ostream* out) { *out << description.name; }

}  // namespace backends

namespace {

using backends::Backend;
using backends::Work;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::ThrowsMessage;

class EveryBackend : public testing::TestWithParam<backends::Description> {};
INSTANTIATE_TEST_SUITE_P(Backends, EveryBackend, testing::ValuesIn(backends::registry()),
                         [](const auto& test) { return test.param.name; });

TEST_P(EveryBackend, KeepsTheContract) { EXPECT_THAT(contract::violations(GetParam().make), IsEmpty()); }

// By the two kernels that family article measures, cut as it cuts them; parzen_test.cpp holds all kernels to the same.
TEST_P(EveryBackend, GivesTheGoldenCountsWithOneToSixWorkers) {
  using backends::Decomposition;
  for (const auto& g : golden::load()) {
    for (const auto& [name, cut] :
         {std::pair("literal", Decomposition::by_width), {"fused", Decomposition::by_sample}}) {
      for (int workers = 1; workers <= 6; ++workers) {
        const auto backend = GetParam().make();
        backend->start({g.problem, parzen::kernel(name), cut}, workers);
        ASSERT_EQ(backend->run(g.widths), g.counts) << g.name << ", " << name << ", " << workers << " workers";
      }
    }
  }
}

TEST_P(EveryBackend, CountsInAHostThatIgnoresItsChildren) {
  const parzen::Problem problem{parzen::legacy_samples(1, 100, 2), parzen::Query::Zero(2)};
  const std::vector<double> widths{0.5, 1.0, 2.0};
  parzen::Counts expected(widths.size());
  parzen::count_literal(problem, {0, 100}, widths, expected);
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  for (int call = 0; call < 20; ++call) {
    const auto backend = GetParam().make();
    backend->start({problem, parzen::kernel("literal")}, 2);
    EXPECT_EQ(backend->run(widths), expected);
  }
  std::signal(SIGCHLD, before);
}

void count_twice(const parzen::Problem& problem, parzen::Range samples, std::span<const double> widths,
                 std::span<parzen::Count> counts) {
  parzen::count_literal(problem, samples, widths, counts);
  for (parzen::Count& count : counts) count *= 2;
}

TEST_P(EveryBackend, CountsByAKernelOfTheProgramsOwn) {
  const parzen::Problem problem{parzen::legacy_samples(1, 100, 2), parzen::Query::Zero(2)};
  const std::vector<double> widths{0.5, 1.0, 2.0};
  parzen::Counts expected(widths.size());
  count_twice(problem, {0, 100}, widths, expected);
  const parzen::Kernel own{"literal", "counts every sample twice", count_twice};  // its name is another's
  const auto backend = GetParam().make();
  backend->start({problem, own, backends::Decomposition::by_width}, 2);
  EXPECT_EQ(backend->run(widths), expected);
}

// The suite above must be able to fail: each of these is broken in one way, and is found out.

struct LosesTheLastTask : Backend {
  void schedule(Work& work) override {
    for (std::size_t task = 0; task + 1 < work.size(); ++task) work.execute(task);
  }
};

struct MixesUpPositions : Backend {
  void schedule(Work& work) override {
    for (std::size_t task = 0; task < work.size(); ++task) work.execute(task);
    if (work.size() > 1) std::ranges::swap_ranges(work.counts_of(0), work.counts_of(work.size() - 1));
  }
};

struct CountsTwiceWhenRunTwice : Backend {
  void schedule(Work& work) override {
    for (std::size_t task = 0; task < work.size(); ++task) work.execute(task);
    if (runs_++ > 0 && work.size() > 0 && !work.widths_of(0).empty()) work.counts_of(0)[0] += 1;
  }
  int runs_ = 0;
};

struct Correct : Backend {
  void schedule(Work& work) override {
    for (std::size_t task = 0; task < work.size(); ++task) work.execute(task);
  }
};

struct LeavesAChild : Correct {
  void begin() override {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    children.push_back(child);
  }
  static void reap() {
    for (const pid_t child : children) waitpid(child, nullptr, 0);
    children.clear();
  }
  static inline std::vector<pid_t> children;
};

struct LeavesADescriptor : Correct {
  void end() override { left.push_back(dup(0)); }
  static inline std::vector<int> left;
};

struct LeavesAThread : Correct {
  void end() override {
    left.emplace_back([] { go_on.wait(false); });
  }
  static void finish() {
    go_on = true;
    go_on.notify_all();
    for (std::thread& thread : left) thread.join();
    left.clear();
  }
  static inline std::atomic<bool> go_on = false;
  static inline std::vector<std::thread> left;
};

/// Stops as it should, and leaves a descriptor when it is only destroyed.
struct ForgetsToStop : Correct {
  void begin() override { held = dup(0); }
  void end() override { close(held); }
  ~ForgetsToStop() override { left.push_back(held); }
  int held = -1;
  static inline std::vector<int> left;
};

TEST(Contract, FindsALostTask) {
  EXPECT_THAT(contract::violations([] { return std::make_unique<LosesTheLastTask>(); }),
              Contains(HasSubstr("should be")));
}

TEST(Contract, FindsMixedUpPositions) {
  EXPECT_THAT(contract::violations([] { return std::make_unique<MixesUpPositions>(); }),
              Contains(HasSubstr("should be")));
}

TEST(Contract, FindsAWrongSecondRun) {
  EXPECT_THAT(contract::violations([] { return std::make_unique<CountsTwiceWhenRunTwice>(); }),
              Contains(HasSubstr("second run")));
}

TEST(Contract, FindsAChildLeftBehind) {
  // The one is the fork server.
  EXPECT_THAT(contract::leftovers([] { return std::make_unique<LeavesAChild>(); }),
              Contains(AllOf(HasSubstr("before 1 children"), Not(HasSubstr("after 1 children")))));
  LeavesAChild::reap();
}

TEST(Contract, FindsADescriptorLeftBehind) {
  EXPECT_THAT(contract::leftovers([] { return std::make_unique<LeavesADescriptor>(); }),
              Contains(HasSubstr("leaves something behind when stopped")));
  for (const int descriptor : LeavesADescriptor::left) close(descriptor);
}

TEST(Contract, FindsAThreadLeftBehind) {
  EXPECT_THAT(contract::leftovers([] { return std::make_unique<LeavesAThread>(); }), Contains(HasSubstr("threads")));
  LeavesAThread::finish();
}

TEST(Contract, FindsWhatIsLeftBehindByOneThatIsDestroyedWhileStarted) {
  EXPECT_THAT(contract::leftovers([] { return std::make_unique<ForgetsToStop>(); }),
              Contains(HasSubstr("leaves something behind when destroyed")));
}

TEST_P(EveryBackend, AWorkerProcessThatHasDiedIsAnError) {
  if (GetParam().mechanism != backends::Mechanism::processes || !GetParam().warms_up) {
    GTEST_SKIP() << "it has no worker process that could die between two calls";
  }
  const parzen::Problem problem{parzen::legacy_samples(1, 10, 2), parzen::Query::Zero(2)};
  const auto backend = GetParam().make();
  const auto others = resources::descendants();  // the fork server
  backend->start({problem, parzen::kernel("literal")}, 3);
  for (const pid_t pid : resources::descendants()) {
    if (std::ranges::find(others, pid) == others.end()) kill(pid, SIGKILL);
  }
  // A time with fewer workers than its name says would be a lie.
  EXPECT_THROW(backend->run(std::vector{1.0, 2.0}), processes::WorkerLost);
}

TEST_P(EveryBackend, OfThreadsSaysSoWhereThereAreNone) {
  if (GetParam().mechanism != backends::Mechanism::threads) GTEST_SKIP() << "it makes no threads";
  if (!seccomp::works()) GTEST_SKIP() << "no system call can be denied here";
  GetParam().check(3);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!seccomp::deny({SYS_clone, SYS_clone3}, EAGAIN)) _exit(2);
    try {
      GetParam().check(1);
      GetParam().check(3);
    } catch (const std::runtime_error& error) {
      _exit(std::string(error.what()).starts_with("there are no threads for 3 workers, only 1 (raise ulimit -u") ? 0
                                                                                                                 : 3);
    }
    _exit(4);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(Work, CutsSamplesIntoBlocksThatCoverThem) {
  for (const std::int64_t n : {1, 2, 7, 8, 1000, 16385}) {
    const parzen::Problem problem{parzen::Samples::Zero(n, 1), parzen::Query::Zero(1)};
    const std::vector<double> widths{1.0, 2.0};
    const backends::Plan plan{problem, parzen::kernel("literal"), backends::Decomposition::by_sample};
    for (const int workers : {1, 2, 5, 4096}) {
      const Work work(plan, widths, workers);
      std::int64_t at = 0;
      for (std::size_t task = 0; task < work.size(); ++task) {
        ASSERT_EQ(work.task(task).samples.begin, at);
        ASSERT_GT(work.task(task).samples.size(), 0);
        ASSERT_EQ(work.task(task).widths, (parzen::Range{0, 2}));
        at = work.task(task).samples.end;
      }
      ASSERT_EQ(at, n);
    }
  }
}

TEST(Registry, BeginsWithSerialAndFindsByName) {
  ASSERT_FALSE(backends::registry().empty());
  EXPECT_EQ(backends::registry().front().name, "serial");
  EXPECT_EQ(backends::find("process_pool").name, "process_pool");
  EXPECT_THAT([] { backends::find("gpu"); },
              ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("'gpu'"), HasSubstr("serial, fork_pipe"))));
}

}  // namespace
