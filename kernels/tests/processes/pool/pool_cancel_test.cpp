// Workers that are to be killed for a task but start another one first, since their supervisor is slow.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "faults/watchdog.hpp"
#include "pool_fixture.hpp"
#include "processes/pool.hpp"
#include "processes/shared_memory.hpp"

namespace {

using namespace std::chrono_literals;
using processes::ProcessPool;
using testing::ElementsAre;

struct PoolCancel : PoolTest {
  faults::Watchdog watchdog;
};

int take(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  return milliseconds;
}
std::string take_long(std::string text) {
  take(1000);
  return text;
}

/// During its lifetime, no worker is killed.
class SlowSupervisor {
 public:
  explicit SlowSupervisor(pid_t supervisor) : supervisor_(supervisor) { kill(supervisor_, SIGSTOP); }
  SlowSupervisor(const SlowSupervisor&) = delete;
  SlowSupervisor& operator=(const SlowSupervisor&) = delete;
  ~SlowSupervisor() { kill(supervisor_, SIGCONT); }

 private:
  pid_t supervisor_;
};

constexpr int tasks = 8;
int note_start(int task) {
  ++reinterpret_cast<std::atomic<int>*>(processes::shared_memory(0).data())[task];
  take(task == 0 ? 200 : task == 4 ? 1 : 60);
  return task;
}

TEST_F(PoolCancel, OfATaskThatEndsMeanwhileStartsTheOthersOnce) {
  const processes::SharedMemory starts(tasks * sizeof(std::atomic<int>), processes::SharedMemory::Others::write);
  ProcessPool pool(2, {.shared = {starts}});
  const pid_t supervisor = pool.apply([] { return ::getppid(); });
  auto future = pool.map_async(note_start, upto(tasks), {.chunk = 1});
  std::this_thread::sleep_for(80ms);
  {
    const SlowSupervisor slow(supervisor);
    EXPECT_TRUE(future.cancel(0));
    std::this_thread::sleep_for(200ms);  // meanwhile the worker claims a later chunk
  }
  ASSERT_TRUE(future.wait_for(20s));
  for (int task = 0; task < tasks; ++task) {
    EXPECT_EQ(reinterpret_cast<std::atomic<int>*>(starts.data())[task], 1) << task;
    EXPECT_EQ(future.outcomes().at(static_cast<std::size_t>(task)).value.has_value(), task > 0) << task;
  }
}

TEST_F(PoolCancel, OfATaskThatEndsMeanwhileKillsNoTaskOfAnotherCall) {
  ProcessPool pool(2);
  const pid_t supervisor = pool.apply([] { return ::getppid(); });
  auto other = pool.apply_async(take_long, "other");
  auto future = pool.map_async(take, {150}, {.chunk = 1});
  std::this_thread::sleep_for(80ms);
  const SlowSupervisor slow(supervisor);
  EXPECT_TRUE(future.cancel(0));
  std::this_thread::sleep_for(100ms);
  EXPECT_FALSE(other.wait_for(1ms));
  const pid_t child = fork();  // not a thread, whose stack would remain
  if (child == 0) {
    std::this_thread::sleep_for(50ms);
    _exit(kill(supervisor, SIGCONT));
  }
  EXPECT_THAT(pool.map(take, {151, 152, 153}, {.chunk = 1}), ElementsAre(151, 152, 153));
  EXPECT_EQ(waitpid(child, nullptr, 0), child);
}

TEST_F(PoolCancel, InAForkedChildDoesNotAffectTheParentsImap) {
  ProcessPool pool(1);
  pid_t child = -1;
  {
    auto results = pool.imap(take, std::vector<int>{1, 2, 3});
    EXPECT_EQ(results.next(), 1);
    child = fork();
    if (child == 0) alarm(10);
  }
  if (child == 0) _exit(7);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
}

TEST_F(PoolCancel, ByADeadlineEndsNoTaskOfACallThatItsWorkerTookFirst) {
  ProcessPool pool(1);
  const auto quick = [](int x) { return x; };
  constexpr auto deadline = 300ms;
  // Short enough for several to queue in a worker, which alternates between them and a call on the board.
  for (int i = 0; i < 200; ++i) pool.map(quick, std::vector<int>(16, 1), {.chunk = 1, .deadline = 10s});
  const pid_t worker = pool.pids().at(0);
  kill(worker, SIGSTOP);
  auto late = pool.map_async(quick, {1, 2}, {.chunk = 1, .deadline = deadline});
  auto innocent = pool.map_async(take, {600});
  kill(worker, SIGCONT);
  EXPECT_THAT(innocent.get(), ElementsAre(600));
  EXPECT_THAT(late.get(), ElementsAre(1, 2));
}

}  // namespace
