// Initialisers that fork, and that throw.
#include <gmock/gmock.h>

#include <atomic>
#include <cerrno>
#include <system_error>

#include "faults/fault_test.hpp"

namespace faults::initialisers {
namespace {

struct Runs {
  std::atomic<int> tasks = 0;
};

Runs* counted = nullptr;

int count(int item) {
  ++counted->tasks;
  return item;
}

void fork_and_return() { static_cast<void>(fork()); }

class Initialisers : public PoolFaultTest {};

TEST_P(Initialisers, ThatForkMakeNoSecondWorker) {
  const SharedPage<Runs> page;
  counted = page.get();
  make_pool(2, {.initialiser = processes::call(fork_and_return)});
  for (int round = 0; round < 10; ++round) EXPECT_EQ(pool->map(count, upto(100), {.chunk = 1}), upto(100));
  EXPECT_EQ(page->tasks, 1000);
  EXPECT_EQ(pool->statistics().workers_lost, 0U);
}

/// The same error as that of a pool that has ended.
void write_to_a_closed_pipe() { throw std::system_error(EPIPE, std::generic_category(), "a task's own pipe"); }

TEST_P(Initialisers, ThatThrowEpipeEndTheWorkerAsAnyExceptionDoes) {
  testing::internal::CaptureStderr();
  make_pool(1, {.initialiser = processes::call(write_to_a_closed_pipe), .max_start_failures = 1});
  EXPECT_THROW(pool->apply(same, 1), processes::PoolClosed);
  EXPECT_EQ(pool->lost(), (processes::ExitStatus{processes::ExitStatus::Kind::exited, 1}));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("ended by an exception: a task's own pipe"));
}

WITH_BOTH_TRANSPORTS(Initialisers);

}  // namespace
}  // namespace faults::initialisers
