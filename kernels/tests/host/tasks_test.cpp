#include "host/tasks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "other_machine.hpp"

namespace {

using host::available_tasks;
using testing::Optional;

class AvailableTasks : public OtherMachine {
 protected:
  /// Removes the limit of the user who runs the tests.
  AvailableTasks() {
    getrlimit(RLIMIT_NPROC, &before_);
    const rlimit most{before_.rlim_max, before_.rlim_max};
    setrlimit(RLIMIT_NPROC, &most);
  }
  ~AvailableTasks() override { setrlimit(RLIMIT_NPROC, &before_); }

  [[nodiscard]] bool user_is_limited() const { return getuid() != 0 && before_.rlim_max != RLIM_INFINITY; }

  rlimit before_{};
};

TEST_F(AvailableTasks, AreWhatTheTightestLimitLeaves) {
  if (user_is_limited()) GTEST_SKIP() << "this user has a hard limit";
  EXPECT_EQ(available_tasks(root_), std::nullopt);
  write("proc/self/cgroup", "0::/outer/inner\n");
  write("sys/fs/cgroup/outer/inner/pids.max", "max\n");
  write("sys/fs/cgroup/outer/inner/pids.current", "7\n");
  EXPECT_EQ(available_tasks(root_), std::nullopt);
  write("sys/fs/cgroup/outer/pids.max", "100\n");
  EXPECT_THAT(available_tasks(root_), Optional(100U));
  write("sys/fs/cgroup/outer/pids.current", "30\n");
  EXPECT_THAT(available_tasks(root_), Optional(70U));
  write("sys/fs/cgroup/outer/inner/pids.max", "20\n");
  EXPECT_THAT(available_tasks(root_), Optional(13U));
  write("sys/fs/cgroup/outer/pids.current", "101\n");
  EXPECT_THAT(available_tasks(root_), Optional(0U));
}

TEST_F(AvailableTasks, AreLimitedByVersion1Too) {
  if (user_is_limited()) GTEST_SKIP() << "this user has a hard limit";
  write("proc/self/cgroup", "8:pids:/job\n4:memory:/job\n0::/\n");
  write("sys/fs/cgroup/pids/job/pids.max", "50\n");
  write("sys/fs/cgroup/pids/job/pids.current", "8\n");
  EXPECT_THAT(available_tasks(root_), Optional(42U));
}

TEST_F(AvailableTasks, AreLimitedForTheUserUnlessThatIsRoot) {
  const auto limited = [this] {
    constexpr rlim_t most = 1000;
    constexpr uid_t nobody = 65534;
    constexpr int not_set = 77;
    const rlimit limit{most, most};
    if (setrlimit(RLIMIT_NPROC, &limit) != 0) _exit(not_set);
    if (getuid() == 0) {
      if (available_tasks(root_)) _exit(1);
      if (setuid(nobody) != 0) _exit(not_set);
    }
    // The simulated machine has no process of this user; here this process exists.
    const auto there = available_tasks(root_);
    const auto here = available_tasks();
    _exit(there == most && here && *here < most ? 0 : 2);
  };
  // Passes without a test if such a user or limit is not possible.
  EXPECT_EXIT(limited(), [](int status) { return WIFEXITED(status) && WEXITSTATUS(status) % 77 == 0; }, "");
}

}  // namespace
