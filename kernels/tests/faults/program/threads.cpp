// Eight threads start processes, make pools, or share a pool at the same time.
#include <sys/syscall.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"
#include "seccomp.hpp"

namespace faults::threads {
namespace {

using processes::ForkServer;
using processes::Process;
using processes::ProcessPool;

constexpr int threads = 8;

/// The bodies get their thread's number; their failed expectations count as the test's.
template <class Body>
void in_threads(const Body& body) {
  std::vector<std::jthread> all;
  for (int number = 0; number < threads; ++number) {
    all.emplace_back([&body, number] {
      try {
        body(number);
      } catch (const std::exception& error) {
        ADD_FAILURE() << "thread " << number << ": " << error.what();
      }
    });
  }
}

class Threads : public PoolFaultTest {};

TEST_P(Threads, EachShareOnePool) {
  in_child([this] {
    const ForkServer fork_server;
    make_pool(4);
    in_threads([&](int number) {
      for (int round = 0; round < scaled(20, 200); ++round) {
        ASSERT_EQ(pool->apply(same, number), number);
        ASSERT_EQ(pool->map(same, upto(100 + number), {.chunk = 7}), upto(100 + number));
        auto future = pool->apply_async(cube, number);
        auto futures = pool->map_async(same, upto(50));
        while (!future.ready()) std::this_thread::yield();
        ASSERT_EQ(future.get(), cube(number));
        ASSERT_EQ(futures.get(), upto(50));
      }
    });
    pool->close();
    in_threads([&](int) { pool->join(); });
    EXPECT_EQ(pool->statistics().workers_lost, 0U);
  });
}

TEST_P(Threads, EachShareOneFuture) {
  in_child([this] {
    const ForkServer fork_server;
    make_pool(2);
    for (int round = 0; round < scaled(20, 200); ++round) {
      const auto future = pool->map_async(same, upto(200), {.chunk = 3});
      in_threads([&](int) {
        auto own = future;
        ASSERT_EQ(own.get(), upto(200));
      });
    }
    pool.reset();
  });
}

TEST_P(Threads, EachLoseWorkersOfOnePool) {
  in_child([this] {
    const ForkServer fork_server;
    make_pool(4, {.attempts = 2});
    in_threads([&](int number) {
      for (int round = 0; round < scaled(5, 50); ++round) {
        if (number % 2 == 0) {
          ASSERT_THROW(pool->apply(die_by, SIGKILL), processes::WorkerLost);
        } else {
          ASSERT_EQ(pool->map(same, upto(200), {.chunk = 5}), upto(200));
        }
      }
    });
    EXPECT_EQ(pool->statistics().tasks_set_aside, static_cast<std::uint64_t>(threads / 2 * scaled(5, 50)));
    pool.reset();
  });
}

TEST_P(Threads, EachMakePoolsFromOneForkServer) {
  in_child([] {
    const ForkServer fork_server;
    const auto descriptors = resources::entries("/proc/self/fd");
    in_threads([](int number) {
      for (int round = 0; round < scaled(5, 50); ++round) {
        ProcessPool own(2, {.transport = GetParam()});
        ASSERT_EQ(own.map(same, upto(50 + number)), upto(50 + number));
        if (round % 2 == 0) continue;
        own.close();
        own.join();
      }
    });
    EXPECT_EQ(resources::entries("/proc/self/fd"), descriptors);
  });
}

TEST_P(Threads, EachStartProcesses) {
  in_child([] {
    in_threads([](int number) {
      for (int round = 0; round < scaled(20, 200); ++round) {
        Process process([&] { return number; });
        process.start();
        ASSERT_EQ(process.join(), (processes::ExitStatus{processes::ExitStatus::Kind::exited, number}));
        Process endless([] { return never_end(0); });
        endless.start();  // and is killed
      }
    });
    EXPECT_TRUE(resources::children().empty());
  });
}

TEST_P(Threads, AfterTheMainOneKeepTheirPoolsWithoutPidfds) {
  if (!seccomp::works()) GTEST_SKIP() << "no system call can be denied here";
  in_child([this] {
    ASSERT_TRUE(seccomp::deny({SYS_pidfd_open}, EPERM));
    const ForkServer fork_server;
    make_pool(2, {.max_start_failures = 3});
    EXPECT_EQ(pool->apply(same, 1), 1);
    std::thread([this] {
      try {
        wait_until([] { return state_of(getpid()).letter == 'Z'; });  // the main thread's state
        const auto nap = +[](int item) {  // longer than a supervisor waits between looks at the program
          std::this_thread::sleep_for(std::chrono::milliseconds(1200));
          return item;
        };
        EXPECT_EQ(pool->apply(nap, 1), 1);
        EXPECT_EQ(pool->statistics().workers_lost, 0U);
        ProcessPool another(1, {.transport = GetParam()});
        EXPECT_EQ(another.apply(same, 1), 1);
        pool.reset();
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
      processes::flush_output();
      _exit(HasFailure() ? 1 : 0);
    }).detach();
    syscall(SYS_exit, 0);  // pthread_exit() would unwind through GoogleTest
  });
}

/// The stack of a thread, which shows how much of it was used.
class Stack {
 public:
  Stack() : bytes_(size, fill) {}

  /// Runs the body in a thread.
  void run(void* (*body)(void*), void* argument) {
    pthread_attr_t attributes;
    pthread_t thread{};
    pthread_attr_init(&attributes);
    ASSERT_EQ(pthread_attr_setstack(&attributes, bytes_.data(), bytes_.size()), 0);
    ASSERT_EQ(pthread_create(&thread, &attributes, body, argument), 0);
    pthread_attr_destroy(&attributes);
    pthread_join(thread, nullptr);
  }

  [[nodiscard]] std::size_t used() const { return size - bytes_.find_first_not_of(fill); }

 private:
  static constexpr std::size_t size = 1 << 20;
  static constexpr char fill = 'x';
  std::string bytes_;
};

/// musl gives a thread 128 KiB, and other programs choose the least.
TEST_P(Threads, NeedLittleStackForACall) {
  if (sanitized::addresses || sanitized::threads) GTEST_SKIP() << "sanitizers need stack themselves";
  in_child([this] {
    Stack empty;
    empty.run([](void*) -> void* { return nullptr; }, nullptr);
    make_pool(1);
    Stack stack;
    stack.run(
        [](void* own) -> void* {
          EXPECT_EQ(static_cast<ProcessPool*>(own)->apply(same, 1), 1);
          EXPECT_EQ(static_cast<ProcessPool*>(own)->map(same, upto(100)), upto(100));
          return nullptr;
        },
        &*pool);
    EXPECT_LT(stack.used() - empty.used(), 8192U);
    pool.reset();
  });
}

WITH_BOTH_TRANSPORTS(Threads);

}  // namespace
}  // namespace faults::threads
