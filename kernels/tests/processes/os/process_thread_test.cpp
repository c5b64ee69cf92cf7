// A thread that starts a process, and what the C library knows of the thread in the child.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "leaves_nothing.hpp"
#include "processes/os/descriptor.hpp"
#include "processes/process.hpp"
#include "processes/shared_memory.hpp"

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

}  // namespace
