// The k-th fork(2) of all processes of a test fails, for every k; and a supervisor that dies when it forks.
#include <dlfcn.h>
#include <gmock/gmock.h>

#include <sys/syscall.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <limits>
#include <system_error>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"

namespace faults::forks {
namespace {

/// How fork() behaves in all processes of the test. Calls count from 1.
struct Plan {
  pid_t program = getpid();
  std::atomic<int> calls = 0;
  std::atomic<int> first_to_fail = std::numeric_limits<int>::max();
  std::atomic<int> last_to_fail = 0;
  std::atomic<bool> hold = false;              // the calls that are to fail wait
  std::atomic<bool> supervisors_die = false;   // after a fork, without a message
  std::atomic<bool> supervisors_begin = true;  // otherwise they die before they do
  std::atomic<int> supervisors_dead = 0;

  void fail(int first, int last) {
    calls = 0;
    last_to_fail = last;
    first_to_fail = first;
  }
};

Plan* plan = nullptr;
constexpr int for_ever = std::numeric_limits<int>::max();

}  // namespace
}  // namespace faults::forks

namespace {

template <class Fork>
pid_t planned(const Fork& real) {
  using faults::forks::plan;
  if (plan == nullptr) return real();
  const int call = ++plan->calls;
  if (call >= plan->first_to_fail && call <= plan->last_to_fail) {
    faults::wait_until([] { return !plan->hold; });
    errno = EAGAIN;
    return -1;
  }
  const pid_t child = real();
  if (child == 0 && !plan->supervisors_begin && getppid() == plan->program) raise(SIGKILL);
  if (child > 0 && plan->supervisors_die && getpid() != plan->program) {
    ++plan->supervisors_dead;
    raise(SIGKILL);
  }
  return child;
}

}  // namespace

/// Replace the C library's functions in this program.
extern "C" pid_t fork() noexcept {
  static const auto real = reinterpret_cast<pid_t (*)()>(::dlsym(RTLD_NEXT, "fork"));
  return planned(real);
}

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
/// Always reads six arguments: it cannot know how many there are.
extern "C" __attribute__((no_sanitize_address)) long syscall(long number, ...) noexcept {
  static const auto real = reinterpret_cast<long (*)(long, ...)>(::dlsym(RTLD_NEXT, "syscall"));
  va_list list;
  va_start(list, number);
  std::array<long, 6> arguments{};
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  const auto call = [&] {
    const auto& [a, b, c, d, e, f] = arguments;
    return real(number, a, b, c, d, e, f);
  };
  return number == SYS_clone3 ? planned([&] { return static_cast<pid_t>(call()); }) : call();
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)

namespace faults::forks {
namespace {

using processes::ForkServer;
using processes::PoolClosed;
using processes::PoolStatistics;
using processes::WorkerLost;
using testing::HasSubstr;

class Forks : public PoolFaultTest {
 protected:
  Forks() { plan = page.get(); }
  ~Forks() override { plan = nullptr; }

  /// The number of the first call whose failure does not prevent the pool.
  template <class AfterFailure>
  int first_call_to_spare(int workers, const AfterFailure& after_failure) {
    for (int call = 1;; ++call) {
      plan->fail(call, call);
      try {
        make_pool(workers);
        return call;
      } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::resource_unavailable_try_again) << error.what();
        pool.reset();
        after_failure();
      }
    }
  }

  void kill_the_worker() { EXPECT_THROW(pool->apply(die_by, SIGKILL), WorkerLost); }

  SharedPage<Plan> page;
};

TEST_P(Forks, ThatFailWhileAPoolIsMadeAreAnErrorAndLeaveNothing) {
  const resources::Snapshot before;
  EXPECT_EQ(first_call_to_spare(3, [&] { EXPECT_EQ(resources::Snapshot(), before); }), 1 + 3 + 1)
      << "one fork for the supervisor and three for the workers";
  EXPECT_EQ(pool->map(same, upto(100)), upto(100));
}

TEST_P(Forks, ThatFailInAForkServerAreAnErrorAndLeaveNothing) {
  in_child([this] {
    const ForkServer fork_server;
    const auto descriptors = resources::entries("/proc/self/fd");
    EXPECT_EQ(first_call_to_spare(3, [&] { EXPECT_EQ(resources::entries("/proc/self/fd"), descriptors); }), 1 + 3 + 1);
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    pool.reset();
  });
}

TEST_P(Forks, ThatFailInAForkServerWhenNobodyWaitsDoNotEndIt) {
  in_child([this] {
    const ForkServer fork_server;
    plan->hold = true;
    plan->fail(1, 1);
    EXPECT_TRUE(fork_server.begin_supervisor());  // and this closes the socket
    plan->hold = false;
    make_pool(1);
    EXPECT_EQ(pool->apply(same, 1), 1);
    pool.reset();
  });
}

TEST_P(Forks, ThatFailForTheForkServerAreAnErrorAndLeaveNothing) {
  const resources::Snapshot before;
  plan->fail(1, 1);
  EXPECT_THROW(ForkServer(), std::system_error);
  EXPECT_EQ(resources::Snapshot(), before);
}

TEST_P(Forks, ThatFailForAWhileAreRetried) {
  make_pool(1);
  for (const int failures : {1, 2, 5}) {
    plan->fail(1, failures);
    kill_the_worker();
    EXPECT_EQ(pool->apply(same, 1), 1);
    EXPECT_EQ(plan->calls, failures + 1);
  }
}

TEST_P(Forks, ThatFailForLongerThanAnyNumberOfFailuresAreRetried) {
  make_pool(1, {.max_start_failures = 1});
  plan->fail(1, 15);
  kill_the_worker();
  EXPECT_EQ(pool->apply(same, 1), 1);
  EXPECT_EQ(plan->calls, 16);
}

TEST_P(Forks, ThatFailForGoodCloseThePool) {
  make_pool(1, {.start_patience = std::chrono::milliseconds(300)});
  plan->fail(1, for_ever);
  kill_the_worker();
  const auto error = thrown_by<PoolClosed>([&] { pool->apply(same, 1); });
  ASSERT_TRUE(error);
  EXPECT_THAT(error->what(), HasSubstr("Resource temporarily unavailable"));
  EXPECT_THAT(error->what(), HasSubstr("for 0.3 s"));
  EXPECT_GE(plan->calls, 5);
  plan->fail(for_ever, 0);
  EXPECT_THROW(pool->apply(same, 1), PoolClosed) << "the pool stays closed";
}

TEST_P(Forks, ThatFailWhileAWorkerLivesOrThePoolIsIdleDoNotCount) {
  make_pool(2, {.start_patience = std::chrono::seconds(1)});
  plan->fail(1, for_ever);
  kill_the_worker();
  const auto nap = +[](int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    return milliseconds;
  };
  EXPECT_EQ(pool->apply(nap, 1300), 1300) << "forks fail meanwhile";
  plan->fail(1, 2);
  kill_the_worker();
  EXPECT_EQ(pool->apply(same, 1), 1) << "start_patience counts from the last worker's death";
}

TEST_P(Forks, ThatFailForGoodLeaveThePoolTheWorkersThatItHas) {
  make_pool(2, {.start_patience = std::chrono::milliseconds(1)});
  plan->fail(1, for_ever);
  kill_the_worker();
  while (plan->calls < 3) EXPECT_EQ(pool->map(same, upto(100)), upto(100));
  const auto nap = +[](int item) {
    usleep(20'000);  // three forks fail meanwhile, with no outcome between them
    return item;
  };
  EXPECT_EQ(pool->map(nap, upto(5), {.chunk = 1}), upto(5));
  EXPECT_EQ(pool->pids().size(), 1U);
  EXPECT_THROW(pool->apply(die_by, SIGKILL), WorkerLost);
  EXPECT_THROW(pool->apply(same, 1), PoolClosed);
}

TEST_P(Forks, ThatKillEverySupervisorCloseThePoolWithinBoundedTime) {
  make_pool(2, {.max_start_failures = 5});
  plan->supervisors_die = true;
  strike(only_child(), SIGKILL);
  for (const pid_t worker : pool->pids()) wait_until([&] { return !runs(worker); });
  const auto error = thrown_by<PoolClosed>([&] { pool->apply(same, 1); });
  ASSERT_TRUE(error);
  EXPECT_THAT(error->what(), HasSubstr("supervisor"));
  EXPECT_EQ(plan->supervisors_dead, 4) << "and one that was killed";
  pool.reset();
  EXPECT_TRUE(reaped_all());  // the workers of killed supervisors
}

TEST_P(Forks, ThatKillTheSupervisorWhileAPoolIsMadeAreAnErrorOrRetried) {
  plan->supervisors_begin = false;
  const auto at_once = thrown_by<std::system_error>([&] { make_pool(2); });
  ASSERT_TRUE(at_once);
  EXPECT_EQ(at_once->code(), std::errc::broken_pipe);
  EXPECT_THAT(at_once->what(), HasSubstr("supervisor ended before it was ready"));
  plan->supervisors_begin = true;
  plan->supervisors_die = true;
  try {
    make_pool(2);
    plan->supervisors_die = false;
    EXPECT_EQ(pool->apply(same, 1), 1);
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::broken_pipe);
    EXPECT_THAT(error.what(), HasSubstr("supervisor"));
  }
  pool.reset();
  EXPECT_TRUE(reaped_all());
}

WITH_BOTH_TRANSPORTS(Forks);

}  // namespace
}  // namespace faults::forks
