// Forks of other threads, and handlers of pthread_atfork(3), while a pool is made.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"

namespace faults::fork_handlers {
namespace {

/// The process whose sockets a child inherits at once; 0: none.
pid_t inherited = 0;

/// As another thread's fork at this moment: the child keeps a copy of every descriptor, and lives as long as its
/// parent.
void fork_now() {
  if (inherited == 0 || getpid() != inherited) return;
  const int error = errno;
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == inherited) never_end(0);
    _exit(0);
  }
  errno = error;
}

}  // namespace
}  // namespace faults::fork_handlers

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
/// Replace the C library's functions in this program.
extern "C" int socketpair(int domain, int type, int protocol, int* ends) noexcept {
  static const auto real = reinterpret_cast<int (*)(int, int, int, int*)>(::dlsym(RTLD_NEXT, "socketpair"));
  const int result = real(domain, type, protocol, ends);
  faults::fork_handlers::fork_now();
  return result;
}

extern "C" ssize_t recvmsg(int socket, msghdr* message, int flags) {
  static const auto real = reinterpret_cast<ssize_t (*)(int, msghdr*, int)>(::dlsym(RTLD_NEXT, "recvmsg"));
  const ssize_t result = real(socket, message, flags);
  faults::fork_handlers::fork_now();
  return result;
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)

namespace faults::fork_handlers {
namespace {

using processes::ForkServer;
using processes::ProcessPool;

/// A library whose mutex is taken around forks, as POSIX advises.
std::mutex& its_mutex() {
  static std::mutex mutex;
  return mutex;
}
std::atomic<bool> in_prepare = false;
std::atomic<ProcessPool*> of_the_child = nullptr;
bool restarts = false;

class ForkHandlers : public PoolFaultTest {};

TEST_P(ForkHandlers, ThatTakeALockAreNotWaitedForByAPoolThatIsMadeWithIt) {
  in_child([this] {
    const ForkServer fork_server;
    pthread_atfork(
        [] {
          in_prepare = true;
          its_mutex().lock();
        },
        [] { its_mutex().unlock(); }, [] { its_mutex().unlock(); });
    make_pool(1);  // a handler that this registered would run before the library's
    const auto act = [&] {
      const std::scoped_lock lock(its_mutex());
      std::thread forker([] {
        const pid_t child = fork();
        if (child == 0) _exit(0);
        waitpid(child, nullptr, 0);
      });
      wait_until([] { return in_prepare.load(); });
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the other thread waits for the mutex
      make_pool(1);
      return forker;
    };
    act().join();
    EXPECT_EQ(pool->apply(same, 1), 1);
    pool.reset();
  });
}

TEST_P(ForkHandlers, MayMakeAForkServerAndAPoolInTheChild) {
  in_child([this] {
    pthread_atfork(nullptr, nullptr, [] {
      if (!std::exchange(restarts, false)) return;
      static std::optional<ForkServer> another;
      another.emplace();
      of_the_child = new ProcessPool(1, {.transport = GetParam()});
    });
    const ForkServer fork_server;
    make_pool(1);
    for (const bool from_thread : {false, true}) {
      pid_t child = -1;
      const auto go = [&] {
        restarts = true;
        child = fork();
        restarts = false;
        if (child != 0) return;
        const bool right = of_the_child.load()->apply(same, 7) == 7;
        delete of_the_child;
        _exit(right ? 0 : 1);
      };
      if (from_thread) {
        std::thread(go).join();
      } else {
        go();
      }
      int status = -1;
      ASSERT_EQ(waitpid(child, &status, 0), child);
      EXPECT_EQ(status, 0);
    }
    pool.reset();
  });
}

TEST_P(ForkHandlers, OrNotAChildForkedWhileAPoolStartsDoesNotHideTheEndOfItsSupervisor) {
  in_child([this] {
    const ForkServer fork_server;
    inherited = getpid();
    make_pool(1);
    inherited = 0;
    auto future = pool->apply_async(
        +[](int item) {
          strike(getppid(), SIGKILL);
          return never_end(item);
        },
        1);
    EXPECT_THROW(future.get(), processes::WorkerLost);
    EXPECT_EQ(pool->apply(same, 1), 1);
    pool.reset();
  });
}

WITH_BOTH_TRANSPORTS(ForkHandlers);

}  // namespace
}  // namespace faults::fork_handlers
