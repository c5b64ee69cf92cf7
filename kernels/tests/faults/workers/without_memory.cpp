// Supervisors and new workers that find no memory. It costs no task of another worker.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>

#include "faults/fault_test.hpp"
#include "faults/program/failing_allocations.hpp"
#include "processes/fork_server.hpp"

namespace faults::without_memory {
namespace {

using allocations::children;

struct Shared {
  allocations::Children children;
  std::atomic<pid_t> runs = 0;
  std::atomic<bool> may_end = false;
};
Shared* shared = nullptr;

int run_until_it_may_end(int item) {
  shared->runs = getpid();
  wait_until([] { return shared->may_end.load(); });
  return item;
}

class WithoutMemory : public PoolFaultTest {
 protected:
  void SetUp() override {
    shared = page_.get();
    children = &shared->children;
  }
  void TearDown() override { children = nullptr; }

  /// Kills a worker and acts while another runs a task, which must not notice.
  template <class Act>
  void expect_a_task_to_go_on(const Act& act) {
    auto task = pool->apply_async(run_until_it_may_end, 5);
    wait_until([] { return shared->runs != 0; });
    auto workers = pool->pids();
    std::erase(workers, shared->runs);
    ASSERT_EQ(workers.size(), 1U);
    act(task, workers.front());
    shared->children.of = -1;
    shared->may_end = true;
    EXPECT_EQ(task.get(), 5);
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
  }

 private:
  SharedPage<Shared> page_;
};

TEST_P(WithoutMemory, WorkersEndAsTheyBegin) {
  constexpr int more_than_can_fail = 1'000'000;
  make_pool(2, {.max_start_failures = more_than_can_fail});
  expect_a_task_to_go_on([this](auto& task, pid_t other) {
    shared->children.of = state_of(other).parent;
    strike(other, SIGKILL);
    wait_until([&] { return task.wait_for(std::chrono::milliseconds(1)) || shared->children.failed > 1; });
  });
}

TEST_P(WithoutMemory, ASupervisorReplacesAWorker) {
  in_child([this] {
    make_pool(2);
    expect_a_task_to_go_on([this](auto& task, pid_t other) {
      shared->children.of = getpid();
      strike(other, SIGKILL);
      wait_until([&] {
        const auto workers = pool->pids();
        return task.wait_for(std::chrono::milliseconds(1)) ||
               (workers.size() == 2 && std::ranges::find(workers, other) == workers.end());
      });
    });
    EXPECT_EQ(pool->statistics().workers_lost, 1U);
    pool.reset();
  });
}

TEST_P(WithoutMemory, ASupervisorSaysSoWhileAPoolIsMade) {
  for (const bool with_fork_server : {false, true}) {
    in_child([&] {
      std::optional<processes::ForkServer> fork_server;
      if (with_fork_server) fork_server.emplace();
      bool any = true;
      long spared = 0;
      for (; any; ++spared) {
        shared->children.spared = spared;
        shared->children.failed = 0;
        shared->children.of = with_fork_server ? fork_server->pid() : getpid();
        const auto error = thrown_by<std::system_error>([this] { make_pool(3); });
        shared->children.of = -1;
        any = shared->children.failed > 0;
        EXPECT_EQ(error.has_value(), any) << spared;
        if (error) {
          EXPECT_EQ(error->code(), std::errc::not_enough_memory) << spared << ": " << error->what();
        }
      }
      EXPECT_GT(spared, 1) << "no allocation could fail";
      EXPECT_EQ(pool->map(same, upto(20)), upto(20));
      pool.reset();
    });
  }
}

WITH_BOTH_TRANSPORTS(WithoutMemory);

}  // namespace
}  // namespace faults::without_memory
