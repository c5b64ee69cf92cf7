// Memory that the program does not get while its pool handles a death.
#include <csignal>
#include <cstdlib>
#include <new>

#include "faults/fault_test.hpp"

namespace {

/// How many allocations of this process succeed until one fails; negative: none fails.
std::atomic<long> allocations_left = -1;
pid_t failing_process = -1;  // its children have a copy of these variables

void* allocate(std::size_t size) {
  if (allocations_left >= 0 && failing_process == getpid() && allocations_left-- == 0) throw std::bad_alloc();
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

namespace faults::allocations {
namespace {

constexpr int items = 20;

int die_at_3(int item) {
  if (item == 3) std::raise(SIGKILL);
  return item;
}

int never_end_at_3(int item) { return item == 3 ? never_end(item) : item; }

int take_a_millisecond(int item) {
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return item;
}

class Allocations : public PoolFaultTest {
 protected:
  /// Repeats a call, and lets a later allocation fail each time, until none is left that could. In a child: exceptions
  /// and messages leave memory of the C library mapped.
  void let_each_fail_in_child(int (*task)(int), const processes::PoolOptions& options, long step,
                              const std::function<void()>& before) {
    in_child([&] { let_each_fail(task, options, step, before); });
  }

 private:
  void let_each_fail(int (*task)(int), const processes::PoolOptions& options, long step,
                     const std::function<void()>& before) {
    long position = 0;
    for (bool failed = true; failed; position += step) {
      make_pool(2, options);
      auto future = pool->map_async(task, upto(items), {.chunk = 2});
      before();
      failing_process = getpid();
      allocations_left = position;
      try {
        future.wait();
      } catch (const std::bad_alloc&) {
        // The call that waits may fail, and no task may be lost.
      }
      failed = allocations_left.exchange(-1) < 0;
      const auto outcomes = future.outcomes();
      ASSERT_EQ(outcomes.size(), static_cast<std::size_t>(items));
      EXPECT_TRUE(wrong(outcomes, [](std::size_t i) { return static_cast<int>(i); }).empty()) << position;
      EXPECT_EQ(pool->map(same, upto(items)), upto(items)) << position;
      pool.reset();
    }
    EXPECT_GT(position, 1) << "no allocation could fail";
  }
};

TEST_P(Allocations, OfAWorkersDeathMayFail) {
  let_each_fail_in_child(die_at_3, {}, 1, [] {});
  let_each_fail_in_child(die_at_3, {.attempts = 3}, 1, [] {});
}

TEST_P(Allocations, OfALateTaskMayFail) {
  let_each_fail_in_child(never_end_at_3, {.deadline = std::chrono::milliseconds(5)}, 1, [] {});
}

TEST_P(Allocations, OfASupervisorsDeathMayFail) {
  let_each_fail_in_child(take_a_millisecond, {.attempts = 3}, scaled(5, 1),
                         [this] { strike(state_of(pool->pids().front()).parent, SIGKILL); });
}

WITH_BOTH_TRANSPORTS(Allocations);

}  // namespace
}  // namespace faults::allocations
