// System calls that an older kernel lacks or a container's profile denies: a pool works without them, or reports which
// one it needs.
#include <gmock/gmock.h>

#include <cerrno>
#include <ostream>
#include <tuple>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"
#include "seccomp.hpp"

namespace faults::denied {
namespace {

using processes::Transport;
using processes::WorkerLost;
using testing::AllOf;
using testing::HasSubstr;

struct Denial {
  const char* name;
  std::vector<long> calls;
  int error;
};

void PrintTo(const Denial& denial, std::ostream* out) { *out << denial.name; }

class Denied : public FaultTest, public testing::WithParamInterface<std::tuple<Denial, Transport>> {
 protected:
  void SetUp() override {
    if (!seccomp::works()) GTEST_SKIP() << "seccomp filters are not available";
  }

  static const Denial& denial() { return std::get<0>(GetParam()); }

  std::optional<processes::ProcessPool>& make_pool(int workers, processes::PoolOptions options = {}) {
    options.transport = std::get<1>(GetParam());
    pool.emplace(workers, std::move(options));
    return pool;
  }

  std::optional<processes::ProcessPool> pool;
};

using DeniedForAPool = Denied;

const std::vector<long> all{SYS_clone3,     SYS_close_range,       SYS_madvise,
                            SYS_pidfd_open, SYS_pidfd_send_signal, SYS_setpgid};

INSTANTIATE_TEST_SUITE_P(
    , DeniedForAPool,
    testing::Combine(testing::Values(Denial{"clone3_missing", {SYS_clone3}, ENOSYS},
                                     Denial{"clone3_denied", {SYS_clone3}, EPERM},
                                     Denial{"close_range_missing", {SYS_close_range}, ENOSYS},
                                     Denial{"close_range_denied", {SYS_close_range}, EPERM},
                                     Denial{"madvise_denied", {SYS_madvise}, EPERM},
                                     Denial{"pidfd_open_missing", {SYS_pidfd_open}, ENOSYS},
                                     Denial{"pidfd_open_denied", {SYS_pidfd_open}, EPERM},
                                     Denial{"pidfd_send_signal_missing", {SYS_pidfd_send_signal}, ENOSYS},
                                     Denial{"pidfd_send_signal_denied", {SYS_pidfd_send_signal}, EPERM},
                                     Denial{"pidfd_send_signal_denied_by_selinux", {SYS_pidfd_send_signal}, EACCES},
                                     Denial{"setpgid_denied", {SYS_setpgid}, EPERM}, Denial{"all_missing", all, ENOSYS},
                                     Denial{"all_denied", all, EPERM}),
                     testing::Values(Transport::shared, Transport::pipe)),
    [](const auto& test) {
      return std::string(std::get<0>(test.param).name) + "_" +
             (std::get<1>(test.param) == Transport::shared ? "shared" : "pipe");
    });

TEST_P(DeniedForAPool, HasNoEffect) {
  in_child([this] {
    ASSERT_TRUE(seccomp::deny(denial().calls, denial().error));
    for (const bool with_fork_server : {false, true}) {
      std::optional<processes::ForkServer> fork_server;
      if (with_fork_server) fork_server.emplace();
      make_pool(2);
      EXPECT_EQ(pool->map(same, upto(100)), upto(100));
      EXPECT_THROW(pool->apply(die_by, SIGKILL), WorkerLost);
      while (pool->pids().size() < 2) ASSERT_EQ(pool->map(same, upto(100)), upto(100));
      const auto workers = pool->pids();
      strike(state_of(workers.front()).parent, SIGKILL);  // the supervisor
      for (const pid_t worker : workers) wait_until([&] { return !runs(worker); });
      while (pool->statistics().workers_lost < 3) EXPECT_EQ(pool->map(same, upto(100)), upto(100));
      pool->close();
      pool->join();
      make_pool(1);
      auto endless = pool->apply_async(never_end, 1);
      pool.reset();
      EXPECT_TRUE(fork_server || reaped_all());  // the workers of the killed supervisor
    }
  });
}

TEST_P(DeniedForAPool, LeavesNoDescriptorOfTheProgramInItsWorkers) {
  in_child([this] {
    ASSERT_TRUE(seccomp::deny(denial().calls, denial().error));
    std::vector<processes::Pipe> pipes(20);
    for (auto& pipe : pipes) pipe = processes::Pipe::open();
    make_pool(2);
    EXPECT_EQ(pool->apply(same, 1), 1);
    for (auto& pipe : pipes) {
      pipe.writer.close();
      char byte = 0;
      EXPECT_FALSE(processes::read_all(pipe.reader, &byte, 1)) << "the stream ends when this process closes its end";
    }
    pool.reset();
  });
}

TEST_P(DeniedForAPool, LeavesNothingOfAProgramWhoseChildHoldsItsDescriptors) {
  for (const bool with_fork_server : {false, true}) {
    struct Family {
      std::atomic<pid_t> child = 0;
      std::atomic<pid_t> worker = 0;
    };
    const SharedPage<Family> family;
    const pid_t program = fork();
    ASSERT_GE(program, 0);
    if (program == 0) {
      if (!seccomp::deny(denial().calls, denial().error)) _exit(1);
      std::optional<processes::ForkServer> fork_server;
      if (with_fork_server) fork_server.emplace();
      make_pool(1);
      const pid_t child = fork();
      if (child == 0) never_end(0);
      family->child = child;
      family->worker = pool->pids().front();
      never_end(0);
    }
    wait_until([&] { return family->worker != 0; });
    strike(program, SIGKILL);
    wait_until([&] { return !runs(family->worker); });
    EXPECT_TRUE(runs(family->child)) << "the pool must not end it";
    strike(family->child, SIGKILL);
    EXPECT_TRUE(reaped_all());
  }
}

TEST_P(DeniedForAPool, StillStopsAProcess) {
  in_child([] {
    ASSERT_TRUE(seccomp::deny(denial().calls, denial().error));
    processes::Process first([] { return never_end(0); });
    first.start();
    first.signal(SIGTERM);
    EXPECT_EQ(first.join(), (processes::ExitStatus{processes::ExitStatus::Kind::signalled, SIGTERM}));
    first.signal(SIGTERM);  // after its end, so signals nobody
    processes::Process second([] { return never_end(0); });
    second.start();  // and is killed by its destructor
  });
}

/// Leaves a child in a session of its own, which only the supervisor finds.
pid_t leave_a_child(int /*unused*/) {
  const pid_t child = fork();
  if (child != 0) return child;
  setsid();
  return never_end(0);
}

/// SELinux has a permission of its own for SIGKILL.
TEST(DeniedToResume, ASupervisorEndsWhatTasksHaveLeftRunningAllTheSame) {
  if (!seccomp::works()) GTEST_SKIP() << "seccomp filters are not available";
  in_child([] {
    std::optional<processes::ProcessPool> pool(std::in_place, 2);
    const std::vector<pid_t> left = pool->map(leave_a_child, upto(40), {.chunk = 1});
    ASSERT_TRUE(seccomp::deny_signal(SIGCONT, EACCES));
    pool.reset();
    for (const pid_t each : left) EXPECT_FALSE(runs(each));
  });
}

/// System calls that a pool needs.
struct Needed {
  const char* name;
  long call;
  int error = EPERM;
};

void PrintTo(const Needed& needed, std::ostream* out) { *out << needed.name; }

class DeniedThatAPoolNeeds : public FaultTest, public testing::WithParamInterface<Needed> {};

INSTANTIATE_TEST_SUITE_P(, DeniedThatAPoolNeeds,
                         testing::Values(Needed{"memfd_create", SYS_memfd_create}, Needed{"prctl", SYS_prctl},
                                         Needed{"signalfd", SYS_signalfd4}, Needed{"socketpair", SYS_socketpair},
                                         Needed{"memfd_create", SYS_memfd_create, ENOSYS},
                                         Needed{"prctl", SYS_prctl, ENOSYS}, Needed{"signalfd", SYS_signalfd4, ENOSYS},
                                         Needed{"socketpair", SYS_socketpair, ENOSYS}),
                         [](const auto& test) {
                           return std::string(test.param.name) + (test.param.error == EPERM ? "_denied" : "_missing");
                         });

TEST_P(DeniedThatAPoolNeeds, IsAnErrorThatNamesItAndLeavesNothing) {
  if (!seccomp::works()) GTEST_SKIP() << "seccomp filters are not available";
  for (const bool with_fork_server : {false, true}) {
    in_child([with_fork_server] {
      ASSERT_TRUE(seccomp::deny({GetParam().call}, GetParam().error));
      const auto error = thrown_by<std::system_error>([&] {
        std::optional<processes::ForkServer> fork_server;
        if (with_fork_server) fork_server.emplace();
        const processes::ProcessPool pool(2);
      });
      ASSERT_TRUE(error);
      EXPECT_EQ(error->code().value(), GetParam().error);
      EXPECT_THAT(error->what(), AllOf(HasSubstr(GetParam().name), HasSubstr("container's seccomp profile denies it")));
      EXPECT_TRUE(resources::children().empty());
    });
  }
}

TEST(Denied, SharedMemoryWithoutAFileWorksForChildren) {
  if (!seccomp::works()) GTEST_SKIP() << "seccomp filters are not available";
  in_child([] {
    ASSERT_TRUE(seccomp::deny({SYS_memfd_create}, ENOSYS));
    const processes::SharedMemory memory(1 << 22);
    processes::Process child([&memory] {
      memory.bytes().back() = std::byte{7};
      return 0;
    });
    child.start();
    EXPECT_TRUE(child.join().ok());
    EXPECT_EQ(memory.bytes().back(), std::byte{7});
    EXPECT_EQ(thrown_by<std::system_error>([&] { static_cast<void>(memory.file()); })->code(),
              std::errc::function_not_supported);
  });
}

}  // namespace
}  // namespace faults::denied
