#include "processes/os/forks/fork_lock.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

namespace {

using processes::ForkLock;

pid_t fork_a_child() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  return child;
}

TEST(ForkLock, MakesForksOfOtherThreadsWait) {
  std::optional<ForkLock> lock(std::in_place);
  std::atomic<pid_t> child = 0;
  std::thread other([&child] { child = fork_a_child(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // many times as long as a fork takes
  EXPECT_EQ(child, 0);
  lock.reset();
  other.join();
  EXPECT_GT(child, 0);
  EXPECT_EQ(waitpid(child, nullptr, 0), child);
}

TEST(ForkLock, LetsItsOwnThreadForkAndTheChildHasItsOwn) {
  const ForkLock lock;
  const pid_t child = fork();
  if (child == 0) {
    std::thread([] { const ForkLock of_the_child; }).join();
    _exit(0);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
