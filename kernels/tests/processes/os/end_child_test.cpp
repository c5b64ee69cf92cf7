// A forked child ends, whatever its body throws. Otherwise it would go on as a copy of the program.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include "leaves_nothing.hpp"
#include "pool_fixture.hpp"
#include "processes/os/memory/window.hpp"
#include "processes/os/process.hpp"
#include "processes/pool.hpp"
#include "processes/shared_memory.hpp"
#include "sanitized.hpp"

namespace {

using processes::ExitStatus;
using processes::Process;
using processes::ProcessPool;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr ExitStatus failed{ExitStatus::Kind::exited, 1};

class EndChild : public LeavesNothing {
 protected:
  /// How the child ended. A copy of this program that goes on here ends by 77.
  static ExitStatus ended(const Process::Body& body, Process::Seen seen = Process::Seen::by_wait) {
    const pid_t parent = getpid();
    Process child(body, seen);
    try {
      child.start();
    } catch (...) {
      if (getpid() != parent) _exit(77);
      throw;
    }
    if (getpid() != parent) _exit(77);
    return child.join();
  }
};

struct WithoutWords : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return nullptr; }
};

TEST_F(EndChild, ByAnExceptionWithoutAMessage) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(ended([]() -> int { throw WithoutWords(); }), failed);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("ended by an exception: no message\n"));
}

TEST_F(EndChild, ByAnExceptionThatIsNone) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(ended([]() -> int { throw 1; }), failed);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("ended by an exception that is not a std::exception\n"));
}

/// Every allocation fails from now on, in this process.
std::atomic<bool>& no_memory() {
  static std::atomic<bool> here = false;
  return here;
}

TEST_F(EndChild, WithoutMemoryForAMessage) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(ended([]() -> int {
              no_memory() = true;
              throw std::bad_alloc();
            }),
            failed);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("ended by an exception: "));
}

/// Standard output is full, and std::cout throws if it cannot write.
void fill_output() {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  dup2(full, STDOUT_FILENO);
  close(full);
  std::ios::sync_with_stdio(false);
  std::cout.exceptions(std::ios::badbit | std::ios::failbit);
  std::cout << "text";
}

TEST_F(EndChild, WhoseStandardOutputIsFull) {
  EXPECT_EQ(ended([] {
              fill_output();
              return 5;
            }),
            (ExitStatus{ExitStatus::Kind::exited, 5}));
}

TEST_F(EndChild, OfAPoolWhoseStandardOutputIsFullLosesNoTask) {
  EXPECT_EQ(ended([] {
              fill_output();
              std::cout.clear();
              ProcessPool pool(2);
              const auto print = +[](int item) {
                try {
                  std::cout << item;
                } catch (const std::ios::failure&) {
                }
                return item;
              };
              return pool.map(print, upto(20), {.chunk = 1}) == upto(20) ? 0 : 1;
            }),
            (ExitStatus{ExitStatus::Kind::exited, 0}));
}

TEST_F(EndChild, WhoseStreamsHaveNoBuffer) {
  EXPECT_EQ(ended([] {
              std::cout.rdbuf(nullptr);
              std::clog.rdbuf(nullptr);
              ProcessPool pool(1);
              Process process([] { return 3; });
              process.start();
              return pool.apply(same, 4) + process.join().value;
            }),
            (ExitStatus{ExitStatus::Kind::exited, 7}));
}

/// From the C library's allocator.
char last_of_many() {
  constexpr std::size_t many = 100'000;
  return std::string(many, 'x').back();
}

/// Another thread allocates all the time, so its lock is held at most forks. In a child: the C library caches the stack
/// of an ended thread.
TEST_F(EndChild, OfAProgramWithThreadsMayAllocate) {
  if (sanitized::addresses) GTEST_SKIP() << "a sanitizer's allocator has locks of its own, which a fork does not reset";
  EXPECT_TRUE(ended([] {
                mallopt(M_ARENA_MAX, 1);
                std::atomic<bool> over = false;
                std::jthread other([&over] {
                  while (!over && last_of_many() == 'x') {
                  }
                });
                bool all_ended = true;
                for (int i = 0; i < 100; ++i) {
                  Process child(
                      [] {
                        alarm(20);
                        for (int j = 0; j < 100; ++j) {
                          if (last_of_many() != 'x') return 1;
                        }
                        return 0;
                      },
                      Process::Seen::by_join_only);
                  child.start();
                  all_ended = child.join().ok() && all_ended;
                }
                over = true;
                return all_ended ? 0 : 1;
              }).ok());
}

constexpr std::size_t memory_size = std::size_t{1} << 20U;

/// Memory of this process alone at that address; nullptr if something is there.
volatile char* map_own(void* place, std::size_t bytes) {
  constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
  void* const made = mmap(place, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  return made == place ? static_cast<volatile char*>(made) : nullptr;
}

/// The child's own memory may be where its parent has memory that it is not to have.
TEST_F(EndChild, KeepsItsOwnMemoryWhereItsParentHasSome) {
  auto memory = std::make_unique<processes::SharedMemory>(memory_size);
  memory->leave_out_of_forks();
  const auto keep_own = [&memory] {
    volatile char* const own = map_own(memory->data(), memory_size);
    if (own == nullptr) return 1;
    memory.reset();
    *own = 1;  // else a segmentation fault
    return 0;
  };
  EXPECT_TRUE(ended(keep_own).ok());
  EXPECT_TRUE(ended(keep_own, Process::Seen::by_join_only).ok());
  const pid_t child = _Fork();  // as clone(2), it runs no handler of pthread_atfork(3)
  if (child == 0) _exit(keep_own());
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(processes::exit_status_of(status).ok());
}

TEST_F(EndChild, KeepsItsOwnMemoryWhereItsParentHasAWindow) {
  const processes::SharedMemory memory(1, processes::SharedMemory::Others::write, memory_size);
  auto window = std::make_unique<processes::Window>(memory.file(), 0, memory_size);
  window->leave_out_of_forks();
  char* const place = window->bytes(memory_size).data();  // the mapping has grown since
  EXPECT_TRUE(ended([&] {
                volatile char* const own = map_own(place, memory_size);
                if (own == nullptr) return 1;
                window.reset();
                *own = 1;  // else a segmentation fault
                return 0;
              }).ok());
}

/// Also in a handler of the program that is older than what this library knows of forks.
TEST_F(EndChild, KeepsItsOwnMemoryThatAForkHandlerMakes) {
  static std::unique_ptr<processes::SharedMemory> memory;
  static volatile char* own = nullptr;
  EXPECT_TRUE(ended([] {
                pthread_atfork(nullptr, nullptr, [] {
                  own = map_own(memory->data(), memory_size);
                  memory.reset();
                });
                memory = std::make_unique<processes::SharedMemory>(memory_size);
                memory->leave_out_of_forks();
                Process child([] {
                  if (own == nullptr) return 1;
                  *own = 1;
                  return 0;
                });
                child.start();
                const bool kept = child.join().ok();
                memory.reset();
                return kept ? 0 : 1;
              }).ok());
}

TEST_F(EndChild, ByPthreadExit) {
  if (sanitized::addresses) GTEST_SKIP() << "AddressSanitizer does not know which frames pthread_exit unwinds";
  testing::internal::CaptureStderr();
  EXPECT_EQ(ended([]() -> int { pthread_exit(nullptr); }), failed);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("ended by pthread_exit\n"));
}

TEST_F(EndChild, HasNoExceptionOfItsParent) {
  /// Forks while an exception unwinds the stack.
  struct Forking {
    ExitStatus* status;
    ~Forking() {
      *status = ended([] { return std::uncaught_exceptions(); });
    }
  };
  ExitStatus while_unwinding = failed;
  try {
    const Forking forking{&while_unwinding};
    throw 1;
  } catch (...) {
    EXPECT_TRUE(ended([] { return std::current_exception() == nullptr ? 0 : 1; }).ok());
    if (!sanitized::addresses) {  // which does not know the frames that pthread_exit unwinds
      EXPECT_EQ(ended([]() -> int { pthread_exit(nullptr); }), failed);
    }
  }
  EXPECT_TRUE(while_unwinding.ok());
}

/// Lines of children that end at once are not mixed.
TEST_F(EndChild, ByAnExceptionWritesItsLineAtOnce) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
  const processes::Descriptor reader(ends[0]);
  const processes::Descriptor writer(ends[1]);
  for (const std::size_t length : {10, 100'000}) {
    const std::string reason(length, 'x');
    EXPECT_EQ(ended([&]() -> int {
                dup2(writer.get(), STDERR_FILENO);
                throw std::runtime_error(reason);
              }),
              failed);
    std::string line(200 + length, ' ');
    line.resize(static_cast<std::size_t>(std::max<ssize_t>(recv(reader.get(), line.data(), line.size(), 0), 0)));
    EXPECT_THAT(line, AllOf(StartsWith("process "), HasSubstr("ended by an exception: xxxxxxxxxx"), EndsWith("x\n")));
    char more = 0;
    EXPECT_LT(recv(reader.get(), &more, 1, MSG_DONTWAIT), 0) << "a second write";
  }
}

}  // namespace

// NOLINTBEGIN(cppcoreguidelines-no-malloc): these are the program's allocation functions
void* operator new(std::size_t size) {
  void* const made = no_memory() ? nullptr : std::malloc(size == 0 ? 1 : size);
  if (made == nullptr) throw std::bad_alloc();
  return made;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
// NOLINTEND(cppcoreguidelines-no-malloc)
