// The number of a process, also on a system that does not clear pages in forked children or only claims to.
#include "processes/os/forks/generation.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <optional>
#include <thread>

#include "leaves_nothing.hpp"
#include "processes/process.hpp"
#include "seccomp.hpp"

namespace {

using processes::ForkGeneration;
using processes::Process;
using ForkGenerationTest = LeavesNothing;

/// Whether a process, its child and that one's child have three numbers.
bool differs(Process::Seen seen) {
  ForkGeneration generation;
  const std::uint64_t own = generation();
  Process child(
      [&generation, own, seen] {
        const std::uint64_t childs = generation();
        Process grandchild(
            [&generation, own, childs] {
              const std::uint64_t number = generation();
              return number != own && number != childs ? 0 : 1;
            },
            seen);
        grandchild.start();
        return grandchild.join().ok() && childs != own && childs == generation() ? 0 : 1;
      },
      seen);
  child.start();
  return child.join().ok() && own == generation();
}

TEST_F(ForkGenerationTest, DiffersInForkedProcesses) {
  const bool can_deny = seccomp::works();
  constexpr int ignored = 0;  // as in a user-mode emulator
  for (const std::optional<int> error : {std::optional<int>(), {EINVAL}, {EPERM}, {ENOSYS}, {ignored}}) {
    if (error && !can_deny) continue;
    Process program([error] {
      if (error && !seccomp::deny({SYS_madvise}, *error)) return 1;
      return differs(Process::Seen::by_wait) && differs(Process::Seen::by_join_only) ? 0 : 1;
    });
    program.start();
    EXPECT_TRUE(program.join().ok()) << "madvise: " << error.value_or(-1);
  }
}

TEST_F(ForkGenerationTest, IsTheSameInAllThreads) {
  const std::uint64_t parents = processes::fork_generation();
  for (int i = 0; i < 50; ++i) {
    Process child([parents] {
      std::array<std::uint64_t, 4> numbers{};
      std::atomic<std::size_t> ready = 0;
      std::array<std::jthread, numbers.size()> threads;
      for (std::size_t thread = 0; thread < threads.size(); ++thread) {
        threads[thread] = std::jthread([&, thread] {
          ++ready;
          while (ready < numbers.size()) std::this_thread::yield();
          numbers[thread] = processes::fork_generation();
        });
      }
      for (auto& thread : threads) thread.join();
      const bool same = std::ranges::adjacent_find(numbers, std::not_equal_to()) == numbers.end();
      return same && numbers[0] != parents && numbers[0] == processes::fork_generation() ? 0 : 1;
    });
    child.start();
    EXPECT_TRUE(child.join().ok());
  }
}

}  // namespace
