#include "processes/process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

#include "leaves_nothing.hpp"
#include "processes/queue.hpp"
#include "signal_storm.hpp"

namespace {

using processes::ExitStatus;
using processes::Pipe;
using processes::Process;
using processes::Queue;
using testing::HasSubstr;

constexpr auto exited = ExitStatus::Kind::exited;
constexpr auto signalled = ExitStatus::Kind::signalled;

using ProcessTest = LeavesNothing;
using DescriptorTest = LeavesNothing;

TEST_F(ProcessTest, ReportsHowItEnded) {
  Process fine([] { return 0; });
  Process code([] { return 7; });
  Process killed([] { return raise(SIGKILL); });
  for (Process* process : {&fine, &code, &killed}) process->start();
  EXPECT_TRUE(fine.join().ok());
  EXPECT_EQ(code.join(), (ExitStatus{exited, 7}));
  EXPECT_EQ(killed.join(), (ExitStatus{signalled, SIGKILL}));
  EXPECT_EQ(killed.join(), (ExitStatus{signalled, SIGKILL})) << "joining again returns the same";
  EXPECT_EQ(code.exit_status()->describe(), "exit code 7");
  EXPECT_EQ(killed.exit_status()->describe(), "signal 9 (Killed)");
}

TEST_F(ProcessTest, PrintsAnExceptionAndExitsWithOne) {
  testing::internal::CaptureStderr();
  Process process([]() -> int { throw std::runtime_error("no such luck"); });
  process.start();
  EXPECT_EQ(process.join(), (ExitStatus{exited, 1}));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("ended by an exception: no such luck"));
}

TEST_F(ProcessTest, RunsNoHandlerOfItsParent) {
  // exit() in the child would run the parent's atexit handlers; this handler would turn the status into 3.
  static pid_t parent = 0;
  parent = getpid();
  std::atexit([] {
    if (getpid() != parent) _exit(3);
  });
  Process process([] { return 0; });
  process.start();
  EXPECT_TRUE(process.join().ok());
}

TEST_F(ProcessTest, PrintsABufferedLineOnce) {
  testing::internal::CaptureStdout();
  std::printf("before ");
  Process process([] {
    std::printf("child ");
    return 0;
  });
  process.start();
  process.join();
  std::printf("after");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "before child after");
}

TEST_F(ProcessTest, DestroyedWhileRunningIsKilledAndReaped) {
  Process process([] {
    while (true) pause();
    return 0;
  });
  process.start();
}

/// If the host ignores SIGCHLD, the system reaps its children, and their statuses are lost.
TEST_F(ProcessTest, EndsInAHostThatIgnoresSigchld) {
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before{};
  sigaction(SIGCHLD, &ignore, &before);
  for (int child = 0; child < 50; ++child) {
    Queue<int> queue;
    Process process([&queue, child] {
      queue.put(child);
      return 0;
    });
    process.start();
    queue.close_writer();
    EXPECT_EQ(queue.get(), child);
    if (child % 2 == 0) {
      usleep(100);  // it has ended or not: both are tried
      process.signal(SIGKILL);
    }
    EXPECT_EQ(process.join().kind, ExitStatus::Kind::unknown);
  }
  // A child that has ended and was reaped before fork() returns in its parent.
  static bool wait_for_it = true;
  pthread_atfork(
      nullptr,
      [] {
        if (wait_for_it) waitid(P_ALL, 0, nullptr, WEXITED);
      },
      nullptr);
  Process short_lived([] { return 0; });
  short_lived.start();
  wait_for_it = false;
  short_lived.signal(SIGKILL);
  EXPECT_EQ(short_lived.join().kind, ExitStatus::Kind::unknown);
  Process endless([] {
    while (true) pause();
    return 0;
  });
  endless.start();
  endless.signal(SIGKILL);
  EXPECT_EQ(endless.join().kind, ExitStatus::Kind::unknown);
  struct sigaction after{};
  sigaction(SIGCHLD, &before, &after);
  EXPECT_EQ(after.sa_handler, SIG_IGN) << "the host's disposition is unchanged";
}

TEST_F(ProcessTest, MovesWithItsChild) {
  Process first([] {
    while (true) pause();
    return 0;
  });
  first.start();
  Process second = std::move(first);
  second.signal(SIGTERM);
  EXPECT_EQ(second.join(), (ExitStatus{signalled, SIGTERM}));
  second.signal(SIGTERM);  // after its end, so signals nobody
}

TEST_F(ProcessTest, BelongsToTheProcessThatStartedIt) {
  Process sibling([] {
    while (true) pause();
    return 0;
  });
  sibling.start();
  Process other([&sibling] {
    {
      const Process copy = std::move(sibling);
    }  // its destructor must not kill the parent's child
    return 0;
  });
  other.start();
  EXPECT_TRUE(other.join().ok());
  sibling.signal(SIGTERM);
  EXPECT_EQ(sibling.join(), (ExitStatus{signalled, SIGTERM})) << "the sibling was killed by its parent's copy";
}

TEST_F(ProcessTest, StartedTwiceOrJoinedUnstartedIsAnError) {
  Process process([] { return 0; });
  EXPECT_THROW(process.join(), std::logic_error);
  process.start();
  EXPECT_THROW(process.start(), std::logic_error);
  process.join();
}

TEST_F(DescriptorTest, ClosesOnExec) {
  const Pipe pipe = Pipe::open();
  EXPECT_EQ(fcntl(pipe.reader.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(fcntl(pipe.writer.get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(DescriptorTest, WritingWithoutAReaderIsAnErrorAndNoSignal) {
  // The default disposition of SIGPIPE would end this test.
  Pipe pipe = Pipe::open();
  pipe.reader.close();
  try {
    processes::write_all(pipe.writer, "text");
    FAIL() << "accepted";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::broken_pipe);
  }
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  EXPECT_EQ(sigismember(&blocked, SIGPIPE), 0);
  struct sigaction action{};
  sigaction(SIGPIPE, nullptr, &action);
  EXPECT_EQ(action.sa_handler, SIG_DFL);
}

TEST_F(DescriptorTest, AStreamThatEndsWithinAValueIsAnError) {
  Pipe pipe = Pipe::open();
  processes::write_all(pipe.writer, "abc");
  pipe.writer.close();
  std::array<char, 4> buffer{};
  EXPECT_THROW(processes::read_all(pipe.reader, buffer.data(), buffer.size()), std::runtime_error);
  EXPECT_FALSE(processes::read_all(pipe.reader, buffer.data(), buffer.size()))
      << "the end of the stream is not an error";
}

TEST_F(DescriptorTest, ReadsAndWritesAreCompleteDespiteSignals) {
  const std::string message(8 << 20, 'x');
  Pipe pipe = Pipe::open();
  Process writer([&] {
    const SignalStorm storm;
    processes::write_all(pipe.writer, message);
    return 0;
  });
  writer.start();
  const SignalStorm storm;
  std::string received(message.size(), ' ');
  EXPECT_TRUE(processes::read_all(pipe.reader, received.data(), received.size()));
  EXPECT_EQ(received, message);
  EXPECT_TRUE(writer.join().ok());
}

TEST_F(DescriptorTest, AReadWaitsThroughSignals) {
  Pipe pipe = Pipe::open();
  Process writer([&] {
    usleep(20'000);  // the reader is interrupted about a hundred times meanwhile
    processes::write_all(pipe.writer, "x");
    return 0;
  });
  writer.start();
  const SignalStorm storm;
  char byte = 0;
  EXPECT_TRUE(processes::read_all(pipe.reader, &byte, 1));
  EXPECT_TRUE(writer.join().ok());
}

}  // namespace
