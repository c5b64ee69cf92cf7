// oneTBB's threads start and end, whatever the number of CPUs: CMakeLists.txt runs this also on one CPU. A failure
// hangs; the time limit there ends it.
#include "backends/tbb_arena.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/parallel_for.h>

#include <sys/syscall.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include "resources.hpp"
#include "seccomp.hpp"

namespace {

using backends::TbbArena;
using resources::entries;

constexpr int cycles = 50;
constexpr int tasks = 100;

void use(TbbArena& arena) {
  std::atomic<int> sum = 0;
  arena.for_each(tasks, [&sum](std::size_t task) { sum += static_cast<int>(task); });
  ASSERT_EQ(sum, tasks * (tasks - 1) / 2);
}

void use_the_library() {
  std::atomic<int> done = 0;
  oneapi::tbb::parallel_for(0, tasks, [&done](int) { ++done; });
  ASSERT_EQ(done, tasks);
}

/// Runs tasks that each wait for all others, so that as many threads must start.
void meet(TbbArena& arena, int threads) {
  std::atomic<int> here = 0;
  arena.for_each(static_cast<std::size_t>(threads), [&](std::size_t) {
    ++here;
    while (here < threads) std::this_thread::yield();
  });
}

/// A joined thread may still be listed for a moment.
void wait_for_threads(std::ptrdiff_t count) {
  while (entries("/proc/self/task") != count) std::this_thread::yield();
}

TEST(TbbArena, EndsItsThreadsAgainAndAgain) {
  const auto before = entries("/proc/self/task");
  for (int cycle = 0; cycle < cycles; ++cycle) {
    for (const int workers : {1, 2, 3, 8}) {
      TbbArena arena(workers);
      if (cycle % 2 == 0) use(arena);
    }
    wait_for_threads(before);
  }
}

TEST(TbbArena, HasTheRequestedThreadsNextToOtherArenas) {
  TbbArena four(4);
  meet(four, 4);
  {
    TbbArena one(1);
    use(one);
    meet(four, 4);
    TbbArena eight(8);
    meet(eight, 8);
  }
  meet(four, 4);
}

TEST(TbbArena, EndsInAnyOrder) {
  const auto before = entries("/proc/self/task");
  for (int cycle = 0; cycle < cycles; ++cycle) {
    std::vector<std::unique_ptr<TbbArena>> arenas;
    for (const int workers : {4, 1, 2}) {
      arenas.push_back(std::make_unique<TbbArena>(workers));
      use(*arenas.back());
    }
    arenas[static_cast<std::size_t>(cycle % 3)].reset();
    arenas.push_back(std::make_unique<TbbArena>(1));
    use(*arenas.back());
  }
  wait_for_threads(before);
}

TEST(TbbArena, EndsInAThreadThatHasUsedTheLibrary) {
  std::thread([] {
    for (int cycle = 0; cycle < cycles; ++cycle) {
      use_the_library();
      TbbArena arena(1 + cycle % 4);
      use(arena);
    }
  }).join();
}

TEST(TbbArena, EndsEvenIfAnotherThreadLeftAnArenaBehind) {
  for (int cycle = 0; cycle < cycles; ++cycle) {
    {
      TbbArena arena(4);
      std::thread(use_the_library).join();
    }
    std::thread(use_the_library).join();
    TbbArena arena(1);
    use(arena);
  }
}

TEST(TbbArena, EndsInSeveralThreadsAtOnce) {
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([thread] {
      for (int cycle = 0; cycle < cycles; ++cycle) {
        TbbArena arena(1 + (thread + cycle) % 4);
        use(arena);
      }
    });
  }
}

TEST(TbbArena, EndsAfterATaskThrew) {
  const auto before = entries("/proc/self/task");
  for (int cycle = 0; cycle < cycles; ++cycle) {
    const auto throw_in_a_task = [] {
      TbbArena arena(3);
      arena.for_each(tasks, [](std::size_t task) {
        if (task % 7 == 3) throw std::runtime_error("a task");
      });
    };
    ASSERT_THROW(throw_in_a_task(), std::runtime_error);
    wait_for_threads(before);
  }
}

TEST(TbbArena, EndsIfTheSystemDeniesAThread) {
  const auto without_threads = [] {
    constexpr int not_denied = 77;
    // EAGAIN, as with ulimit -u.
    if (!seccomp::deny({SYS_clone, SYS_clone3}, EAGAIN)) std::_Exit(not_denied);
    for (const char* message :
         {"oneTBB cannot create its threads (raise ulimit -u", "oneTBB cannot be used any more"}) {
      try {
        TbbArena arena(2);
        meet(arena, 2);
        std::_Exit(1);
      } catch (const std::runtime_error& error) {
        if (!std::string_view(error.what()).starts_with(message)) std::_Exit(2);
      }
    }
    std::_Exit(0);
  };
  EXPECT_EXIT(without_threads(), [](int status) { return WIFEXITED(status) && WEXITSTATUS(status) % 77 == 0; }, "");
}

}  // namespace
