// Workers that are to be killed for a task, and come to another one before they are: whose supervisor is slow.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "faults/watchdog.hpp"
#include "pool_fixture.hpp"
#include "processes/pool.hpp"

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

/// While it lives, no worker is killed.
class SlowSupervisor {
 public:
  explicit SlowSupervisor(pid_t supervisor) : supervisor_(supervisor) { kill(supervisor_, SIGSTOP); }
  SlowSupervisor(const SlowSupervisor&) = delete;
  SlowSupervisor& operator=(const SlowSupervisor&) = delete;
  ~SlowSupervisor() { kill(supervisor_, SIGCONT); }

 private:
  pid_t supervisor_;
};

TEST_F(PoolCancel, OfATaskThatEndsMeanwhileGivesTheOthersOneOutcomeEach) {
  ProcessPool pool(2);
  const pid_t supervisor = pool.apply([] { return ::getppid(); });
  auto future = pool.map_async(take, {200, 61, 62, 63, 1, 64, 65, 66}, {.chunk = 1});
  std::this_thread::sleep_for(80ms);
  {
    const SlowSupervisor slow(supervisor);
    EXPECT_TRUE(future.cancel(0));
    std::this_thread::sleep_for(200ms);  // the worker goes on to a chunk behind those that have ended elsewhere
  }
  const auto outcomes = future.outcomes();
  EXPECT_THROW(std::rethrow_exception(outcomes.at(0).error), processes::Cancelled);
  for (std::size_t i = 1; i < outcomes.size(); ++i) EXPECT_TRUE(outcomes[i].value) << i;
}

TEST_F(PoolCancel, OfATaskThatEndsMeanwhileKillsNoTaskOfAnotherCall) {
  ProcessPool pool(2);
  const pid_t supervisor = pool.apply([] { return ::getppid(); });
  auto other = pool.apply_async(take_long, "other");
  auto future = pool.map_async(take, {150}, {.chunk = 1});
  std::this_thread::sleep_for(80ms);
  std::thread later;
  {
    const SlowSupervisor slow(supervisor);
    EXPECT_TRUE(future.cancel(0));
    std::this_thread::sleep_for(100ms);
    EXPECT_FALSE(other.wait_for(1ms));
    later = std::thread([supervisor] {
      std::this_thread::sleep_for(50ms);
      kill(supervisor, SIGCONT);
    });
    EXPECT_THAT(pool.map(take, {151, 152, 153}, {.chunk = 1}), ElementsAre(151, 152, 153));
  }
  later.join();
}

TEST_F(PoolCancel, OfWhatAForkedChildHasOfImapIsItsParents) {
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
  // So quick that several wait for a worker, which takes turns between them and a call on the board.
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
