// Signals interrupt every call in the program and in its workers, while the pool uses all of its features.
#include <atomic>
#include <csignal>

#include "faults/fault_test.hpp"
#include "signal_storm.hpp"

namespace faults::signals {
namespace {

using namespace std::chrono_literals;

std::string echo(std::string text) { return text; }

long spin_and_count_signals(int milliseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  while (std::chrono::steady_clock::now() < end) {
  }
  return SignalStorm::fired;
}

class Signals : public PoolFaultTest {
 protected:
  void do_everything(const processes::Call& initialiser) {
    for (int round = 0; round < scaled(3, 30); ++round) {
      make_pool(2, {.initialiser = initialiser, .deadline = 60s, .max_start_failures = 1 << 20});
      EXPECT_EQ(pool->map(same, upto(2'000), {.chunk = 1}), upto(2'000));
      const std::vector<std::string> large(4, std::string(3 << 20, 'x'));
      EXPECT_TRUE(pool->map(echo, large, {.chunk = 1}) == large);
      EXPECT_THROW(pool->apply(die_by, SIGKILL), processes::WorkerLost);
      EXPECT_EQ(pool->map(same, upto(100)), upto(100));
      strike(only_child(), SIGKILL);
      for (const pid_t worker : pool->pids()) wait_until([&] { return !runs(worker); });
      EXPECT_EQ(pool->map(same, upto(100)), upto(100));
      EXPECT_TRUE(initialiser.target.invoke == nullptr || pool->apply(spin_and_count_signals, 20) > 0);
      pool->close();
      pool->join();
      EXPECT_TRUE(reaped_all());  // the workers of the killed supervisor
    }
  }
};

TEST_P(Signals, InTheProgramChangeNothing) {
  const SignalStorm storm;
  do_everything({});
  EXPECT_GT(SignalStorm::fired, 100);
}

TEST_P(Signals, InTheWorkersChangeNothing) {
  do_everything(processes::call(+[] { static const SignalStorm storm; }));
}

TEST_P(Signals, InBothChangeNothing) {
  const SignalStorm storm;
  do_everything(processes::call(+[] { static const SignalStorm own_storm; }));
}

struct Handled {
  pid_t program = 0;
  std::atomic<int> in_the_program = 0;
  std::atomic<int> elsewhere = 0;
};

Handled* handled = nullptr;

TEST_P(Signals, OfTheProgramsGroupWhilePoolsAreMadeAreHandledInTheProgramOnly) {
  const SharedPage<Handled> page;
  handled = page.get();
  in_child([this] {
    setpgid(0, 0);
    handled->program = getpid();
    struct sigaction action{};
    action.sa_handler = [](int) { ++(getpid() == handled->program ? handled->in_the_program : handled->elsewhere); };
    action.sa_flags = SA_RESTART;
    sigaction(SIGTRAP, &action, nullptr);
    processes::Process sender([] {
      setpgid(0, 0);
      while (true) {
        kill(-handled->program, SIGTRAP);
        usleep(20);
      }
      return 0;
    });
    sender.start();
    for (int i = 0; i < scaled(50, 500); ++i) make_pool(1);
    pool.reset();
  });
  EXPECT_GT(handled->in_the_program, 0);
  EXPECT_EQ(handled->elsewhere, 0);
}

WITH_BOTH_TRANSPORTS(Signals);

}  // namespace
}  // namespace faults::signals
