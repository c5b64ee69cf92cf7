// The program's own threads and children, while it waits for a pool.
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cereal/archives/binary.hpp>
#include <thread>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"
#include "seccomp.hpp"

namespace faults::waiting {
namespace {

using processes::PoolClosed;

class Waiting : public PoolFaultTest {};

TEST_P(Waiting, ForAllChildrenEndsWhileAPoolLives) {
  for (const bool with_fork_server : {false, true}) {
    in_child([this, with_fork_server] {
      std::optional<processes::ForkServer> fork_server;
      if (with_fork_server) fork_server.emplace();
      make_pool(2);
      EXPECT_EQ(pool->apply(same, 1), 1);
      const pid_t own = fork();
      if (own == 0) _exit(3);
      int status = 0;
      int ended = 0;
      while (wait(&status) > 0) {
        ++ended;
        EXPECT_EQ(WEXITSTATUS(status), 3);
      }
      EXPECT_EQ(ended, 1);
      EXPECT_EQ(pool->map(same, upto(100)), upto(100));
      pool.reset();
    });
  }
}

struct Gate {
  std::atomic<bool> open = false;
  std::atomic<int> entered = 0;
};

Gate* gate = nullptr;

int wait_for_a_release(int item) {
  ++gate->entered;
  wait_until([] { return gate->open.load(); });
  return item;
}

struct Call {
  processes::ProcessPool* pool = nullptr;
  bool returned = false;
};

TEST_P(Waiting, OfACancelledThreadDoesNotBlockOthers) {
  if (sanitized::addresses) GTEST_SKIP() << "AddressSanitizer does not know which frames pthread_cancel unwinds";
  const SharedPage<Gate> page;
  gate = page.get();
  // Cancels the driving thread or one that waits for it. In a separate process, since the first cancellation loads a
  // library.
  for (const bool first : {true, false})
    in_child([&] {
      page->open = false;
      page->entered = 0;
      make_pool(2);
      auto others = pool->apply_async(wait_for_a_release, 7);
      Call call{.pool = &*pool};
      pthread_t cancelled{};
      const auto wait_for_it = [](void* argument) -> void* {
        auto* const its = static_cast<Call*>(argument);
        its->pool->map(wait_for_a_release, upto(3), {.chunk = 1});
        its->returned = true;
        return nullptr;
      };
      std::thread other;
      const auto begin_other = [&] { other = std::thread([&] { EXPECT_EQ(others.get(), 7); }); };
      if (!first) begin_other();
      ASSERT_EQ(pthread_create(&cancelled, nullptr, wait_for_it, &call), 0);
      wait_until([&] { return page->entered == 2; });
      if (first) begin_other();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      ASSERT_EQ(pthread_cancel(cancelled), 0);
      void* result = nullptr;
      ASSERT_EQ(pthread_join(cancelled, &result), 0);
      EXPECT_EQ(result, PTHREAD_CANCELED);
      EXPECT_FALSE(call.returned);
      page->open = true;
      other.join();
      EXPECT_EQ(pool->map(same, upto(100)), upto(100));
      pool.reset();
    });
}

/// Runs the body in a thread that is cancelled from the beginning; the body must end all the same.
template <class Body>
void in_cancelled_thread(const Body& body) {
  struct Run {
    const Body& body;
    bool ended = false;
  } run{body};
  pthread_t thread{};
  const auto start = [](void* argument) -> void* {
    auto* const its = static_cast<Run*>(argument);
    pthread_cancel(pthread_self());  // from now on, the first cancellation point ends this thread
    its->body();
    its->ended = true;
    pthread_testcancel();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, nullptr, start, &run), 0);
  void* result = nullptr;
  ASSERT_EQ(pthread_join(thread, &result), 0);
  EXPECT_EQ(result, PTHREAD_CANCELED);
  EXPECT_TRUE(run.ended);
}

TEST_P(Waiting, OfACancelledThreadForAPoolsStartAndEndIsNotInterrupted) {
  if (sanitized::addresses) GTEST_SKIP() << "AddressSanitizer does not know which frames pthread_cancel unwinds";
  in_child([this] {
    const processes::ForkServer fork_server;
    const auto descriptors = resources::entries("/proc/self/fd");
    in_cancelled_thread([this] { make_pool(2); });
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    in_cancelled_thread([this] { pool.reset(); });
    EXPECT_EQ(resources::entries("/proc/self/fd"), descriptors);
    make_pool(2, {.driver = true});
    in_cancelled_thread([this] { pool.reset(); });
  });
}

TEST_P(Waiting, OfACancelledThreadWhosePoolFailsToStartEndsOnlyTheThread) {
  if (sanitized::addresses) GTEST_SKIP() << "AddressSanitizer does not know which frames pthread_cancel unwinds";
  in_child([this] {
    const processes::ForkServer fork_server;
    const auto open = static_cast<rlim_t>(resources::entries("/proc/self/fd"));
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    int failures = 0;
    for (rlim_t more = 1; !pool; ++more) {
      const rlimit few{open + more, limit.rlim_max};
      setrlimit(RLIMIT_NOFILE, &few);
      in_cancelled_thread([&] {
        try {
          make_pool(2);
        } catch (const std::system_error&) {
          ++failures;
        }
      });
    }
    setrlimit(RLIMIT_NOFILE, &limit);
    EXPECT_GE(failures, 3);
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    pool.reset();
  });
}

TEST_P(Waiting, OfACancelledThreadForAProcessEndsAndTheProcessToo) {
  if (sanitized::addresses) GTEST_SKIP() << "AddressSanitizer does not know which frames pthread_cancel unwinds";
  for (const bool denied : {false, true}) {
    in_child([denied] {
      if (denied && (!seccomp::works() || !seccomp::deny({SYS_pidfd_open}, EPERM))) GTEST_SKIP() << "cannot deny calls";
      pthread_t thread{};
      const auto join_one = [](void*) -> void* {
        processes::Process process([] { return never_end(0); });
        process.start();
        process.join();
        return nullptr;
      };
      ASSERT_EQ(pthread_create(&thread, nullptr, join_one, nullptr), 0);
      wait_until([] { return only_child() != 0; });
      ASSERT_EQ(pthread_cancel(thread), 0);
      void* result = nullptr;
      ASSERT_EQ(pthread_join(thread, &result), 0);
      EXPECT_EQ(result, PTHREAD_CANCELED);
      EXPECT_TRUE(resources::children().empty());
      processes::Process process([] { return never_end(0); });
      in_cancelled_thread([&] {
        process.start();
        process.signal(SIGKILL);
      });
      EXPECT_EQ(process.join().value, SIGKILL);
      in_cancelled_thread([&] {
        processes::Process destroyed([] { return never_end(0); });
        destroyed.start();
      });
      EXPECT_TRUE(resources::children().empty());
    });
  }
}

/// A value that calls the pool while it is serialised.
struct Caller {
  int value = 0;
  std::string text = {};  // makes it not trivially copyable

  template <class Archive>
  void save(Archive& archive) const {
    call();
    archive(value);
  }
  template <class Archive>
  void load(Archive& archive) {
    call();
    archive(value);
  }

  static void call();
};

std::optional<processes::ProcessPool>* called = nullptr;
pid_t caller = 0;

void Caller::call() {
  if (getpid() == caller) called->value().apply(same, 1);
}

TEST_P(Waiting, OfAValueForThePoolThatSendsItIsAnErrorOfItsTask) {
  make_pool(1);
  called = &pool;
  caller = getpid();
  EXPECT_THROW(pool->apply(+[](const Caller& given) { return given.value; }, Caller{3}), std::logic_error);
  EXPECT_THROW(pool->apply(+[](int given) { return Caller{given}; }, 3), std::logic_error);
  EXPECT_EQ(pool->map(same, upto(100)), upto(100));
}

WITH_BOTH_TRANSPORTS(Waiting);

}  // namespace
}  // namespace faults::waiting
