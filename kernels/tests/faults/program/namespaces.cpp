// PIDs that mean other processes, and users who may not signal each other.
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"
#include "processes/os/children.hpp"
#include "sanitized.hpp"
#include "seccomp.hpp"

namespace faults::namespaces {
namespace {

namespace fs = std::filesystem;

class Numbers : public FaultTest {};

TEST_F(Numbers, OfOtherProcessesAreNotTakenFromProc) {
  const fs::path proc = fs::temp_directory_path() / ("proc" + std::to_string(getpid()));
  fs::create_directories(proc);
  const pid_t child = fork();
  if (child == 0) never_end(0);
  const auto expect = [&](const std::vector<pid_t>& found) {
    EXPECT_EQ(processes::children(proc), found);
    fs::remove_all(proc);
  };
  // Like the /proc of another namespace: there a process with this pid has children.
  const auto add = [&](pid_t pid) {
    fs::create_directories(proc / std::to_string(pid));
    std::ofstream(proc / std::to_string(pid) / "status") << "Name:\tx\nPPid:\t" << getpid() << "\n";
  };
  for (const pid_t pid : {1, 2, getppid(), child}) add(pid);
  fs::create_symlink(std::to_string(getpid()), proc / "self");
  expect({child});
  for (const pid_t pid : {1, 2, getppid()}) add(pid);
  fs::create_symlink("1", proc / "self");
  expect({child});
  expect({child});  // there is no such process
  strike(child, SIGKILL);
  EXPECT_TRUE(reaped_all());
  EXPECT_EQ(processes::children(), std::vector<pid_t>());
}

TEST_F(Numbers, OfChildrenAreFoundWithoutADescriptorForEach) {
  if (sanitized::addresses) GTEST_SKIP() << "a sanitizer needs descriptors itself, to inspect objects";
  const pid_t child = fork();
  if (child == 0) never_end(0);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int lowest_free = processes::Descriptor(dup(STDERR_FILENO)).get();
  const rlimit one_more{static_cast<rlim_t>(lowest_free) + 1, before.rlim_max};  // for the folder itself
  setrlimit(RLIMIT_NOFILE, &one_more);
  const auto found = processes::children();
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(found, std::vector<pid_t>{child});
  strike(child, SIGKILL);
  EXPECT_TRUE(reaped_all());
}

class Namespaces : public PoolFaultTest {};

TEST_P(Namespaces, WithTheProcOfAnotherOneEndTheirOwnProcessesOnly) {
  in_child([&] {
    if (unshare(CLONE_NEWPID) != 0) GTEST_SKIP() << "not permitted to create a PID namespace";
    const pid_t init = fork();
    if (init == 0) {  // pid 1 of the namespace
      make_pool(1);
      const auto leave_a_daemon = +[](int item) {
        if (fork() == 0) {
          setsid();  // leave the group that is killed with its worker
          if (fork() != 0) _exit(0);
          never_end(0);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return item;
      };
      const bool right = pool->apply(leave_a_daemon, 1) == 1;
      pool.reset();
      // The init process would have adopted remaining processes.
      _exit(right && waitpid(-1, nullptr, __WALL) < 0 && errno == ECHILD ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(init, &status, 0), init);
    EXPECT_EQ(status, 0);
  });
}

TEST_P(Namespaces, WithoutProcLeaveNothing) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can hide /proc";
  const SharedPage<std::atomic<pid_t>> page;
  daemon_pid = page.get();
  in_child([this] {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", "/proc", "tmpfs", 0, nullptr) != 0) {
      GTEST_SKIP() << "not permitted to mount";
    }
    make_pool(2);
    EXPECT_EQ(pool->apply(leave_a_daemon, 1), 1);
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    pool.reset();
  });
  EXPECT_FALSE(runs(*page));
}

TEST_P(Namespaces, OfItsChildrenAloneAreAnErrorThatSaysSo) {
  for (const bool with_fork_server : {false, true}) {
    in_child([&] {
      if (unshare(CLONE_NEWPID) != 0) GTEST_SKIP() << "no right to make a PID namespace";
      std::optional<processes::ForkServer> fork_server;
      const auto error = thrown_by<std::system_error>([&] {
        if (with_fork_server) fork_server.emplace();
        make_pool(1);
      });
      ASSERT_TRUE(error);
      EXPECT_NE(std::string(error->what()).find("PID namespace"), std::string::npos) << error->what();
    });
  }
}

TEST_P(Namespaces, OfItsChildrenAloneAreAnErrorForProcess1Too) {
  if (!seccomp::works()) GTEST_SKIP() << "no system call can be denied here";
  for (const bool denied : {false, true}) {
    for (const bool with_fork_server : {false, true}) {
      as_process_1([&] {
        const pid_t other = fork();
        if (other == 0) never_end(0);
        ASSERT_TRUE(!denied || seccomp::deny({SYS_pidfd_open}, EPERM));
        ASSERT_EQ(unshare(CLONE_NEWPID), 0);
        std::optional<processes::ForkServer> fork_server;
        const auto error = thrown_by<std::system_error>([&] {
          if (with_fork_server) fork_server.emplace();
          make_pool(1);  // whose supervisor would be 1 as well
        });
        ASSERT_TRUE(error) << (denied ? "without" : "with") << " pidfds";
        EXPECT_NE(std::string(error->what()).find("PID namespace"), std::string::npos) << error->what();
        EXPECT_EQ(waitpid(other, nullptr, WNOHANG), 0) << "the pool must not end it";
      });
    }
  }
}

/// A child of this process with that number, which must be free; 0 if that cannot be had.
pid_t child_numbered(pid_t number) {
  constexpr int attempts = 50;
  for (int i = 0; i < attempts; ++i) {
    std::ofstream("/proc/sys/kernel/ns_last_pid") << number - 1;
    const pid_t child = fork();
    if (child == 0) never_end(0);
    if (child == number || child < 0) return std::max(child, 0);
    strike(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  return 0;
}

TEST_P(Namespaces, WhereAKilledSupervisorsNumberIsAnothersLeaveThatAlone) {
  if (!seccomp::works()) GTEST_SKIP() << "no system call can be denied here";
  for (const bool with_proc : {true, false}) {
    as_process_1([this, with_proc] {
      ASSERT_TRUE(seccomp::deny({SYS_pidfd_open}, EPERM));
      const processes::ForkServer fork_server;  // reaps the supervisor
      make_pool(1);
      const pid_t worker = pool->pids().front();
      const pid_t supervisor = state_of(worker).parent;
      strike(supervisor, SIGKILL);
      wait_until([&] { return state_of(supervisor).letter == 'X' && !runs(worker); });
      const pid_t other = child_numbered(supervisor);
      if (other == 0) GTEST_SKIP() << "no process number can be chosen here";
      // Without it, nothing shows whose number it is.
      ASSERT_TRUE(with_proc || umount2("/proc", MNT_DETACH) == 0);
      const auto begin = std::chrono::steady_clock::now();
      EXPECT_EQ(pool->apply(same, 1), 1);
      pool.reset();
      EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15)) << "the pool waited for the other";
      EXPECT_EQ(waitpid(other, nullptr, WNOHANG), 0) << "the pool must not end it";
    });
  }
}

TEST_P(Namespaces, WhereAForkedChildHasTheProgramsNumberLetItEndNobody) {
  in_child([this] {
    if (unshare(CLONE_NEWPID) != 0) GTEST_SKIP() << "no right to make a PID namespace";
    const pid_t init = fork();
    if (init == 0) {
      make_pool(1);  // whose supervisor is 2
      if (unshare(CLONE_NEWPID) != 0) _exit(2);
      const pid_t child = fork();
      if (child == 0) {
        const pid_t other = fork();
        if (other == 0) never_end(0);
        pool.reset();
        _exit(getpid() == 1 && other == 2 && waitpid(other, nullptr, WNOHANG) == 0 ? 0 : 1);
      }
      int status = 0;
      const bool alone = waitpid(child, &status, 0) == child && status == 0;
      _exit(alone && pool->apply(same, 1) == 1 ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(init, &status, 0), init);
    EXPECT_EQ(processes::exit_status_of(status).value, 0);
  });
}

/// The unprivileged user.
constexpr uid_t nobody = 65534;

void become_nobody() {
  if (setuid(nobody) != 0) _exit(9);
}

std::atomic<bool>* begun = nullptr;

TEST_P(Namespaces, WorkersThatHaveChangedTheirUserEndWithTheSupervisor) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can change its user";
  const SharedPage<std::atomic<bool>> page;
  begun = page.get();
  in_child([this] {
    make_pool(2, {.initialiser = processes::call(become_nobody)});
    EXPECT_EQ(pool->apply(+[](int) { return static_cast<int>(getuid()); }, 0), static_cast<int>(nobody));
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    const auto begin_and_never_end = +[](int item) {
      begun->store(true);
      return never_end(item);
    };
    auto busy = pool->apply_async(begin_and_never_end, 1);
    wait_until([] { return begun->load(); });  // a task that has not started would go to another worker
    const auto workers = pool->pids();
    const pid_t supervisor = state_of(workers.front()).parent;
    strike(supervisor, SIGKILL);
    // Killed by the system: the program does not know yet.
    for (const pid_t worker : workers) wait_until([&] { return !runs(worker); });
    EXPECT_THROW(busy.get(), processes::WorkerLost);
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    pool.reset();
    EXPECT_TRUE(reaped_all());
  });
}

int leave_a_hidden_daemon(int item) {
  prctl(PR_SET_DUMPABLE, 0);  // as ssh-agent does; its /proc is root's then
  leave_a_daemon(item);
  prctl(PR_SET_DUMPABLE, 1);
  return item;
}

TEST_P(Namespaces, WhoseProcHidesADaemonEndItWithThePool) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can hide processes";
  const SharedPage<std::atomic<pid_t>> page;
  daemon_pid = page.get();
  in_child([this] {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("proc", "/proc", "proc", 0, "hidepid=2") != 0) {
      GTEST_SKIP() << "not permitted to mount";
    }
    ASSERT_TRUE(setgroups(0, nullptr) == 0 && setgid(nobody) == 0);  // since root's group sees all processes
    become_nobody();
    prctl(PR_SET_DUMPABLE, 1);
    make_pool(1);
    EXPECT_EQ(pool->apply(leave_a_hidden_daemon, 1), 1);
    const auto begin = std::chrono::steady_clock::now();
    pool.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
    EXPECT_NE(kill(*daemon_pid, 0), 0) << "the daemon outlived the pool";
  });
}

WITH_BOTH_TRANSPORTS(Namespaces);

}  // namespace
}  // namespace faults::namespaces
