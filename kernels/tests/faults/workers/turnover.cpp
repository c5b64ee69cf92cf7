// A new worker for every task: nothing grows with their number.
#include "faults/fault_test.hpp"

namespace faults::turnover {
namespace {

/// The resources of a process, from /proc.
struct Holdings {
  explicit Holdings(pid_t process) {
    const std::string folder = "/proc/" + std::to_string(process);
    std::ifstream status(folder + "/status");
    for (std::string word; status >> word;) {
      if (word == "VmRSS:") status >> resident_kib;
    }
    descriptors = resources::entries((folder + "/fd").c_str());
    std::ifstream maps(folder + "/maps");
    for (std::string line; std::getline(maps, line);) ++mappings;
  }

  long resident_kib = 0;
  std::ptrdiff_t descriptors = 0;
  std::ptrdiff_t mappings = 0;
};

class Turnover : public PoolFaultTest {
 protected:
  static constexpr int workers = 4;

  /// Runs some tasks; then waits for as many workers as at first.
  void work(int tasks) {
    const auto items = upto(tasks);
    ASSERT_EQ(pool->map(same, items), items);
    while (pool->pids().size() != workers) ASSERT_EQ(pool->apply(same, 1), 1);
    worked += static_cast<std::uint64_t>(tasks);
  }

  static void expect_no_growth(const Holdings& early, const Holdings& late, const char* whose) {
    // A worker that starts or ends may have a few open at that moment.
    constexpr std::ptrdiff_t few_a_worker = 5;
    EXPECT_LE(late.descriptors, early.descriptors + workers * few_a_worker) << whose;
    EXPECT_LE(late.mappings, early.mappings + workers * few_a_worker) << whose;
    EXPECT_TRUE(sanitized::addresses || late.resident_kib <= early.resident_kib + 1024)
        << whose << ": " << early.resident_kib << " KiB early, " << late.resident_kib << " late";
  }

  std::uint64_t worked = 0;
};

TEST_P(Turnover, OfAWorkerATaskDoesNotIncreaseMemory) {
  make_pool(workers, {.tasks_per_worker = 1});
  const pid_t supervisor = only_child();
  const int tasks = scaled(500, 100'000);
  work(tasks / 5);
  const Holdings early_program(getpid());
  const Holdings early_supervisor(supervisor);
  work(tasks - tasks / 5);
  expect_no_growth(early_program, Holdings(getpid()), "the program's");
  expect_no_growth(early_supervisor, Holdings(supervisor), "the supervisor's");
  EXPECT_EQ(only_child(), supervisor);
  EXPECT_GE(pool->statistics().workers_begun, worked);
  EXPECT_EQ(pool->statistics().workers_lost, 0U);
}

WITH_BOTH_TRANSPORTS(Turnover);

}  // namespace
}  // namespace faults::turnover
