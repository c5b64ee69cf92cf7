// A thread that starts a process, and what the C library knows of the thread in the child.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>

#include "leaves_nothing.hpp"
#include "processes/os/descriptor.hpp"
#include "processes/process.hpp"
#include "processes/shared_memory.hpp"
#include "sanitized.hpp"

namespace {

using processes::ExitStatus;
using processes::Pipe;
using processes::Process;
using processes::SharedMemory;

class ProcessThreadTest : public LeavesNothing {
 protected:
  /// How a program ended that prints into that pipe.
  static ExitStatus ended(const Pipe& output, const Process::Body& body) {
    Process program([&] {
      dup2(output.writer.get(), STDOUT_FILENO);
      std::setvbuf(stdout, nullptr, _IOFBF, BUFSIZ);
      return body();
    });
    program.start();
    return program.join();
  }
};

constexpr ExitStatus fine{ExitStatus::Kind::exited, 0};

void* print_and_start(void* /*unused*/) {
  Process process([] { return 0; });
  std::printf("text");
  process.start();
  return nullptr;
}

bool is_cancelled(pthread_t thread) {
  void* result = nullptr;
  return pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED;
}

TEST_F(ProcessThreadTest, CancelledWhereItPrintsBeforeAStartEndsAlone) {
  if (sanitized::addresses) GTEST_SKIP() << "AddressSanitizer does not know which frames pthread_cancel unwinds";
  Pipe output = Pipe::open();
  EXPECT_EQ(ended(output,
                  [] {
                    const auto cancel_and_start = +[](void* none) {
                      pthread_cancel(pthread_self());
                      return print_and_start(none);
                    };
                    pthread_t thread{};
                    pthread_create(&thread, nullptr, cancel_and_start, nullptr);
                    return is_cancelled(thread) ? 0 : 1;
                  }),
            fine);
  output.writer.close();
  std::array<char, 4> printed{};
  EXPECT_TRUE(processes::read_all(output.reader, printed.data(), printed.size())) << "the text is left to the program";
}

TEST_F(ProcessThreadTest, CancelledWhileItsOutputIsFullEndsAlone) {
  if (sanitized::addresses) GTEST_SKIP() << "AddressSanitizer does not know which frames pthread_cancel unwinds";
  const Pipe output = Pipe::open();
  EXPECT_EQ(ended(output,
                  [] {
                    const int flags = fcntl(STDOUT_FILENO, F_GETFL);
                    fcntl(STDOUT_FILENO, F_SETFL, flags | O_NONBLOCK);
                    for (const std::string page(4096, 'x'); write(STDOUT_FILENO, page.data(), page.size()) > 0;) {
                    }
                    fcntl(STDOUT_FILENO, F_SETFL, flags);
                    pthread_t thread{};
                    pthread_create(&thread, nullptr, print_and_start, nullptr);
                    pthread_cancel(thread);  // before start() or in it: the text has no room
                    const bool cancelled = is_cancelled(thread);
                    _exit(cancelled ? 0 : 1);  // the text still has no room
                    return 0;
                  }),
            fine);
}

constexpr std::array both{Process::Seen::by_wait, Process::Seen::by_join_only};

/// A mutex in memory that parent and child share.
class SharedMutex {
 public:
  SharedMutex(int type, int robustness) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutexattr_setrobust(&attributes, robustness);
    pthread_mutex_init(get(), &attributes);
    pthread_mutexattr_destroy(&attributes);
  }

  [[nodiscard]] pthread_mutex_t* get() const { return reinterpret_cast<pthread_mutex_t*>(memory_.data()); }
  [[nodiscard]] std::string bytes() const {
    return {reinterpret_cast<const char*>(memory_.data()), sizeof(pthread_mutex_t)};
  }

 private:
  SharedMemory memory_{sizeof(pthread_mutex_t), SharedMemory::Others::write};
};

TEST_F(ProcessThreadTest, OfAChildIsNotItsParents) {
  for (const auto seen : both) {
    const SharedMutex mutex(PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED);
    ASSERT_EQ(pthread_mutex_lock(mutex.get()), 0);
    Process child([&mutex] { return pthread_mutex_trylock(mutex.get()); }, seen);
    child.start();
    EXPECT_EQ(child.join().value, EBUSY) << "the child takes its parent's lock";
    pthread_mutex_unlock(mutex.get());
  }
}

TEST_F(ProcessThreadTest, OfAChildThatEndsReleasesItsRobustMutex) {
  for (const auto seen : both) {
    const SharedMutex mutex(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
    Process child([&mutex] { return pthread_mutex_lock(mutex.get()); }, seen);
    child.start();
    EXPECT_EQ(child.join(), fine);
    EXPECT_EQ(pthread_mutex_trylock(mutex.get()), EOWNERDEAD);
    pthread_mutex_unlock(mutex.get());
  }
}

TEST_F(ProcessThreadTest, OfAChildDoesNotChangeARobustMutexOfItsParent) {
  for (const auto seen : both) {
    const SharedMutex parents(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
    const SharedMutex childs(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
    ASSERT_EQ(pthread_mutex_lock(parents.get()), 0);
    const std::string before = parents.bytes();
    Process child([&childs] { return pthread_mutex_lock(childs.get()); }, seen);
    child.start();
    EXPECT_EQ(child.join(), fine);
    EXPECT_EQ(parents.bytes(), before) << "both are in one list";
    pthread_mutex_unlock(parents.get());
  }
}

}  // namespace
