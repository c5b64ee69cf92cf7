// The system takes a request to kill a worker only later.
#include <atomic>
#include <chrono>

#include "faults/fault_test.hpp"
#include "faults/workers/rejected_packets.hpp"

namespace faults::requests {
namespace {

using namespace std::chrono_literals;

constexpr int rejections = 3;
constexpr auto patience = 30s;

std::atomic<bool>* started = nullptr;

int start_and_never_end(int item) {
  *started = true;
  return never_end(item);
}

class Requests : public PoolFaultTest {
 protected:
  void SetUp() override { started = page.get(); }
  ~Requests() override { packets_to_reject = 0; }

  SharedPage<std::atomic<bool>> page;
};

TEST_P(Requests, ToKillALateWorkerAreRepeatedUntilTheyAreSent) {
  make_pool(1);
  auto late = pool->apply_async({.deadline = 100ms}, never_end, 1);
  packets_to_reject = rejections;
  ASSERT_TRUE(late.wait_for(patience));
  EXPECT_THROW(late.get(), processes::DeadlineExceeded);
  EXPECT_EQ(packets_to_reject, 0);
}

TEST_P(Requests, ToKillACancelledWorkerAreRepeatedUntilTheyAreSent) {
  make_pool(1);
  auto endless = pool->apply_async(start_and_never_end, 1);
  wait_until([] { return started->load(); });
  packets_to_reject = rejections;
  endless.cancel();
  auto next = pool->apply_async(same, 2);
  ASSERT_TRUE(next.wait_for(patience));
  EXPECT_EQ(next.get(), 2);
  EXPECT_EQ(packets_to_reject, 0);
}

WITH_BOTH_TRANSPORTS(Requests);

}  // namespace
}  // namespace faults::requests
