// Shared by the fault tests. Each runs with both transports where possible, has a time limit, and checks that it leaves
// no child, orphan, thread, descriptor or mapping.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pool_fixture.hpp"
#include "proc.hpp"
#include "processes/os/step.hpp"
#include "processes/pool.hpp"
#include "sanitized.hpp"
#include "scale.hpp"
#include "shared_page.hpp"
#include "watchdog.hpp"

namespace faults {

class FaultTest : public LeavesNothing {
 protected:
  FaultTest() {
    // Orphans of the test's processes become the test's children, so it can see them.
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    constexpr rlimit no_core_dump{};
    setrlimit(RLIMIT_CORE, &no_core_dump);
  }
  ~FaultTest() override { processes::on_step = nullptr; }

 private:
  Watchdog watchdog_;
};

class PoolFaultTest : public FaultTest, public testing::WithParamInterface<processes::Transport> {
 protected:
  processes::ProcessPool& make_pool(int workers, processes::PoolOptions options = {}) {
    options.transport = GetParam();
    return pool.emplace(workers, std::move(options));
  }

  std::optional<processes::ProcessPool> pool;
};

inline std::string transport_name(const testing::TestParamInfo<processes::Transport>& info) {
  return info.param == processes::Transport::shared ? "shared" : "pipe";
}

/// Runs every test of a PoolFaultTest with both transports.
#define WITH_BOTH_TRANSPORTS(suite)                                                                            \
  INSTANTIATE_TEST_SUITE_P(, suite, testing::Values(processes::Transport::shared, processes::Transport::pipe), \
                           faults::transport_name)

/// Runs the body in a forked copy of this process, where it may make a fork server and threads. Its failures, and the
/// processes that it leaves, fail this test. Call it while this process has no child.
inline void in_child(const std::function<void()>& body) {
  processes::flush_output();
  const pid_t parent = getpid();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) {
      try {
        body();
      } catch (const std::exception& error) {
        ADD_FAILURE() << "the child's body threw: " << error.what();
      }
    }
    processes::flush_output();
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  EXPECT_TRUE(processes::exit_status_of(status).ok())
      << "the child ended by " << processes::exit_status_of(status).describe();
  EXPECT_TRUE(reaped_all()) << "processes outlived their program";
}

/// Runs the body as process 1 of a PID namespace, which sees its own processes in /proc. They end with it.
inline void as_process_1(const std::function<void()>& body) {
  in_child([&] {
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      GTEST_SKIP() << "no right to make a PID namespace with a /proc";
    }
    const pid_t init = fork();
    if (init == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      EXPECT_EQ(mount("proc", "/proc", "proc", 0, nullptr), 0);
      body();
      processes::flush_output();
      _exit(testing::Test::HasFailure() ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(init, &status, 0), init);
    EXPECT_EQ(status, 0);
  });
}

/// As a service that was started by root does. False without the right to it.
inline bool drop_privileges() {
  constexpr uid_t nobody = 65534;
  if (setgid(nobody) != 0 || setuid(nobody) != 0) return false;
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // cleared by the change of user
  return true;
}

/// Points into a SharedPage, set before the pool is made.
inline std::atomic<pid_t>* daemon_pid = nullptr;

/// A task that leaves a process in a session of its own, so that killing the worker's group does not end it.
inline int leave_a_daemon(int item) {
  if (fork() == 0) {
    setsid();
    if (fork() != 0) _exit(0);
    *daemon_pid = getpid();
    never_end(0);
  }
  wait_until([] { return *daemon_pid != 0; });
  return item;
}

/// The exception, if it has that type.
template <class Error>
std::optional<Error> as(const std::exception_ptr& exception) {
  if (!exception) return std::nullopt;
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    return error;
  } catch (...) {
    return std::nullopt;
  }
}

/// The exception that the call throws, if it has that type.
template <class Error, class Act>
std::optional<Error> thrown_by(const Act& act) {
  try {
    act();
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

/// The indices of the tasks that failed with that error.
template <class Error, class Result>
std::vector<std::size_t> failed_with(const std::vector<processes::Outcome<Result>>& outcomes) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (as<Error>(outcomes[i].error)) indices.push_back(i);
  }
  return indices;
}

/// The indices of the tasks with a wrong value.
template <class Result, class Right>
std::vector<std::size_t> wrong(const std::vector<processes::Outcome<Result>>& outcomes, const Right& right) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].value && *outcomes[i].value != right(i)) indices.push_back(i);
    EXPECT_NE(outcomes[i].value.has_value(), outcomes[i].error != nullptr)
        << i << ": has neither a value nor an error, or both";
  }
  return indices;
}

}  // namespace faults
