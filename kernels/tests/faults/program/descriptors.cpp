// Running out of descriptors: at each one that a pool needs when it is made, and when a worker is replaced.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <system_error>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"
#include "processes/workers/supervisor.hpp"

namespace faults::descriptors {
namespace {

using processes::PacketSocket;
using processes::PoolClosed;
using processes::ProcessPool;
using processes::WorkerLost;
using testing::HasSubstr;

/// Sets the limit of open descriptors; restores it.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(pid_t process = 0) : process_(process) {
    prlimit(process_, RLIMIT_NOFILE, nullptr, &before_);
  }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;
  ~DescriptorLimit() { prlimit(process_, RLIMIT_NOFILE, &before_, nullptr); }

  void set(rlim_t most) const {
    const rlimit limit{most, before_.rlim_max};
    prlimit(process_, RLIMIT_NOFILE, &limit, nullptr);
  }

 private:
  pid_t process_;
  rlimit before_{};
};

/// The number of the next descriptor.
rlim_t lowest_free() {
  const processes::Descriptor next(dup(STDERR_FILENO));
  return static_cast<rlim_t>(next.get());
}

class Descriptors : public PoolFaultTest {
 protected:
  void SetUp() override {
    if (sanitized::addresses) GTEST_SKIP() << "a sanitizer needs descriptors itself, to inspect objects";
  }
};

TEST_P(Descriptors, RunningOutAtEachWhileAPoolIsMadeAreAnErrorAndLeaveNothing) {
  const resources::Snapshot before;
  const auto open = static_cast<rlim_t>(before.descriptors) - 1;  // without that of the folder being read
  const DescriptorLimit limit;
  rlim_t more = 0;
  bool made = false;
  for (; !made; ++more) {
    limit.set(open + more);
    try {
      make_pool(4);
      made = true;
      EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code(), std::errc::too_many_files_open) << more << ": " << error.what();
    }
    pool.reset();
    limit.set(open + 100);  // enough for the checks below
    ASSERT_EQ(resources::Snapshot(), before) << more;
  }
  // How many are open at once depends on how soon the supervisor answers: the parent closes a worker's descriptors once
  // the worker has started.
  EXPECT_GE(more, GetParam() == processes::Transport::shared ? 8U : 12U) << "at least two a worker";
}

TEST_P(Descriptors, RunningOutForAReplacementAreTriedAgain) {
  const DescriptorLimit limit;
  const rlim_t none = lowest_free() + 1;  // which the pool will have used
  make_pool(1, {.max_start_failures = 1 << 20});
  limit.set(none);
  EXPECT_THROW(pool->apply(die_by, SIGKILL), WorkerLost);
  auto future = pool->apply_async(same, 1);
  const auto begun = pool->statistics().workers_begun;
  for (int looks = 0; looks < 20; ++looks) static_cast<void>(future.ready());
  limit.set(none + 100);
  EXPECT_EQ(future.get(), 1);
  EXPECT_LE(pool->statistics().workers_begun, begun + 1);
}

TEST_P(Descriptors, RunningOutForReplacementsForGoodCloseThePool) {
  const DescriptorLimit limit;
  const rlim_t none = lowest_free() + 1;
  make_pool(1, {.max_start_failures = 3, .start_patience = std::chrono::seconds(1)});
  limit.set(none);
  EXPECT_THROW(pool->apply(die_by, SIGKILL), WorkerLost);
  const auto error = thrown_by<PoolClosed>([&] { pool->apply(same, 1); });
  ASSERT_TRUE(error);
  EXPECT_THAT(error->what(), HasSubstr("Too many open files"));
}

TEST_P(Descriptors, RunningOutInTheSupervisorCloseThePoolAndNotBefore) {
  make_pool(2, {.max_start_failures = 3, .start_patience = std::chrono::seconds(1)});
  const DescriptorLimit limit(only_child());
  limit.set(STDERR_FILENO + 1);  // the least that poll(2) accepts: it rejects more entries than the limit
  EXPECT_THROW(pool->apply(die_by, SIGKILL), WorkerLost);
  EXPECT_EQ(pool->map(same, upto(100)), upto(100)) << "the other worker needs no descriptor";
  EXPECT_THROW(pool->apply(die_by, SIGKILL), WorkerLost);
  const auto error = thrown_by<PoolClosed>([&] { pool->apply(same, 1); });
  ASSERT_TRUE(error);
  EXPECT_THAT(error->what(), HasSubstr("Too many open files"));
}

TEST_P(Descriptors, OfATerminatedPoolAreNoMoreThanOfAJoinedOne) {
  make_pool(3);
  pool->close();
  pool->join();
  const auto joined = resources::entries("/proc/self/fd");
  make_pool(3);
  pool->terminate();
  EXPECT_EQ(resources::entries("/proc/self/fd"), joined);
}

TEST_P(Descriptors, OfSharedMemoryThatTheProgramHasClosedAreKeptForAnotherSupervisor) {
  processes::SharedMemory memory(1);
  memory.bytes().front() = std::byte{7};
  make_pool(1, {.shared = {memory}, .start_patience = std::chrono::seconds(1)});
  memory.close_file();
  EXPECT_FALSE(memory.file());
  const pid_t worker = pool->pids().front();
  strike(only_child(), SIGKILL);
  wait_until([&] { return !runs(worker); });
  const auto read = +[](int) { return static_cast<int>(processes::shared_memory(0).bytes().front()); };
  EXPECT_EQ(pool->apply(read, 0), 7);
  pool.reset();
  EXPECT_TRUE(reaped_all());
}

TEST_P(Descriptors, ThatMayBeNoneOnceAPoolIsMadeKeepNobodyAlive) {
  const SharedPage<std::atomic<pid_t>> page;
  daemon_pid = page.get();
  in_child([this] {
    make_pool(2);
    const DescriptorLimit limit;
    limit.set(0);  // as a program does that takes its own rights: poll(2) refuses to look at any
    EXPECT_EQ(pool->apply(leave_a_daemon, 1), 1);
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    pool.reset();
  });
  EXPECT_FALSE(runs(*page));
}

TEST_P(Descriptors, RunningOutAsAForkServerAnswersOrInItCostsOnePool) {
  in_child([this] {
    const processes::ForkServer fork_server;
    for (const pid_t process : {getpid(), fork_server.pid()}) {
      {
        const DescriptorLimit limit(process);
        limit.set(process == getpid() ? lowest_free() : STDERR_FILENO + 1);
        const auto error = thrown_by<std::system_error>([&] { static_cast<void>(fork_server.begin_supervisor()); });
        ASSERT_TRUE(error);
        EXPECT_EQ(error->code(), std::errc::too_many_files_open) << error->what();
      }
      make_pool(1);
      EXPECT_EQ(pool->apply(same, 1), 1);
      pool.reset();
    }
  });
}

/// As many descriptors on their way between processes of one user as may be.
class OnTheirWay {
 public:
  OnTheirWay() {
    const std::vector<int> many(PacketSocket::most_descriptors, ends_.first.descriptor().get());
    bool sent = true;
    while (sent && !thrown_by<std::system_error>([&] { sent = ends_.first.send("many", many, false); })) {
    }
    EXPECT_TRUE(sent) << "the socket was full before";
  }
  void take() const {
    auto received = PacketSocket::Received::packet;
    while (received == PacketSocket::Received::packet) {
      processes::Packet packet;  // one at a time has room
      received = ends_.second.receive(packet, false);
    }
  }

 private:
  std::pair<PacketSocket, PacketSocket> ends_ = PacketSocket::open_pair();
};

/// In a child that is the only process of a user without privileges.
void in_child_of_another_user(const std::function<void()>& body) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  in_child([&] {
    const auto user = static_cast<uid_t>(1'000'000 + getpid());
    if (setresuid(user, user, user) != 0) GTEST_SKIP() << "no right to become another user";
    const DescriptorLimit limit;
    limit.set(lowest_free() + 200);
    body();
  });
}

TEST_P(Descriptors, OfOthersOnTheirWayAreWaitedFor) {
  in_child_of_another_user([this] {
    const auto meanwhile = [](const std::function<void()>& act) {
      const OnTheirWay others;
      processes::Process other([&others] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        others.take();
        return 0;
      });
      other.start();
      act();
      EXPECT_TRUE(other.join().ok());
    };
    const auto ends = PacketSocket::open_pair();
    meanwhile([&] { EXPECT_TRUE(ends.first.send("packet", {ends.first.descriptor().get()}, true)); });
    meanwhile([this] { make_pool(2); });
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    pool.reset();
  });
}

TEST_P(Descriptors, OfOthersOnTheirWayForGoodAreAnErrorThatSaysSo) {
  in_child_of_another_user([this] {
    const OnTheirWay others;
    const auto error = thrown_by<std::system_error>([&] { make_pool(2); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code().value(), ETOOMANYREFS);
    EXPECT_THAT(error->what(), HasSubstr("ulimit -n"));
    EXPECT_TRUE(resources::children().empty());
  });
}

TEST_P(Descriptors, OfOthersOnTheirWayKeepNoEventBack) {
  in_child_of_another_user([] {
    const auto [own, other] = PacketSocket::open_pair();
    const OnTheirWay others;
    processes::say_begun(own, processes::ProcessHandle(getpid()));
    EXPECT_EQ(processes::wait_until_begun(other, "this").descriptor().get(), -1);
  });
}

TEST_P(Descriptors, OfOthersOnTheirWayForGoodCloseAPoolWithoutWorkers) {
  in_child_of_another_user([this] {
    make_pool(1, {.start_patience = std::chrono::milliseconds(100)});
    EXPECT_EQ(pool->apply(same, 1), 1);
    {
      const OnTheirWay others;
      EXPECT_THROW(pool->apply(die_by, SIGKILL), WorkerLost);
      auto future = pool->apply_async(same, 1);
      EXPECT_TRUE(future.wait_for(std::chrono::seconds(10))) << "each try takes a second";
      if (future.ready()) {
        const auto error = thrown_by<PoolClosed>([&] { future.get(); });
        ASSERT_TRUE(error);
        EXPECT_THAT(error->what(), HasSubstr("the system has denied one"));
      }
    }
    pool.reset();
  });
}

WITH_BOTH_TRANSPORTS(Descriptors);

}  // namespace
}  // namespace faults::descriptors
