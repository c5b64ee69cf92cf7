#include "processes/process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <barrier>
#include <csignal>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

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
using QueueTest = LeavesNothing;
using DescriptorTest = LeavesNothing;

TEST_F(ProcessTest, TellsHowItEnded) {
  Process fine([] { return 0; });
  Process code([] { return 7; });
  Process killed([] { return raise(SIGKILL); });
  for (Process* process : {&fine, &code, &killed}) process->start();
  EXPECT_TRUE(fine.join().ok());
  EXPECT_EQ(code.join(), (ExitStatus{exited, 7}));
  EXPECT_EQ(killed.join(), (ExitStatus{signalled, SIGKILL}));
  EXPECT_EQ(killed.join(), (ExitStatus{signalled, SIGKILL})) << "joining again gives the same";
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
  // exit() in the child would run the parent's atexit handlers; this one would turn the status into 3.
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

/// Where the host ignores SIGCHLD, the system reaps its children, and their statuses with them.
TEST_F(ProcessTest, EndsInAHostThatIgnoresItsChildren) {
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
      usleep(100);  // it has ended by now, or not: both are tried
      process.signal(SIGKILL);
    }
    EXPECT_EQ(process.join().kind, ExitStatus::Kind::unknown);
  }
  // One that has ended, and has been reaped, before fork() returns to its parent.
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
  EXPECT_EQ(after.sa_handler, SIG_IGN) << "which is the host's";
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
  second.signal(SIGTERM);  // after the end, to nobody
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
    }  // its destruction here must not kill the parent's child
    return 0;
  });
  other.start();
  EXPECT_TRUE(other.join().ok());
  sibling.signal(SIGTERM);
  EXPECT_EQ(sibling.join(), (ExitStatus{signalled, SIGTERM})) << "the sibling was killed before";
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

TEST_F(DescriptorTest, WritingToNobodyIsAnErrorAndNoSignal) {
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
  EXPECT_FALSE(processes::read_all(pipe.reader, buffer.data(), buffer.size())) << "at its end it has simply ended";
}

TEST_F(DescriptorTest, ReadsAndWritesAreFullUnderSignals) {
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
    usleep(20'000);  // while the reader is interrupted a hundred times
    processes::write_all(pipe.writer, "x");
    return 0;
  });
  writer.start();
  const SignalStorm storm;
  char byte = 0;
  EXPECT_TRUE(processes::read_all(pipe.reader, &byte, 1));
  EXPECT_TRUE(writer.join().ok());
}

TEST_F(QueueTest, CarriesPlainAndSerializedValues) {
  Queue<int> plain;
  Queue<std::pair<int, std::string>> tagged;
  plain.put(7);
  tagged.put({1, "text"});
  EXPECT_EQ(plain.get(), 7);
  EXPECT_EQ(tagged.get(), std::pair(1, std::string("text")));
}

/// What a writer that is no Queue's may put before its bytes; see message_queue.cpp.
struct Claimed {
  std::uint32_t writer = 1;
  std::uint32_t size = 0;
  std::uint64_t offset = 0;
  std::uint64_t total = 0;
};

TEST_F(QueueTest, BelievesNoWriter) {
  constexpr std::uint64_t huge = std::uint64_t{1} << 60U;
  for (const Claimed& claimed :
       {Claimed{.size = 4096, .total = 4096}, Claimed{.size = 8, .offset = huge, .total = huge + 8},
        Claimed{.size = 8, .offset = 8, .total = 16}, Claimed{.size = 8, .offset = 0, .total = 4},
        Claimed{.size = 0, .offset = ~std::uint64_t{0}, .total = 0}}) {
    Queue<std::string> queue;
    queue.put("before");
    Process writer([&] {
      for (int number = 3; number < 64; ++number) {
        struct stat found{};
        if (::fstat(number, &found) < 0 || !S_ISFIFO(found.st_mode)) continue;
        if ((::fcntl(number, F_GETFL) & O_ACCMODE) != O_WRONLY) continue;
        if (::write(number, &claimed, sizeof claimed) != sizeof claimed) return 1;
      }
      return 0;
    });
    writer.start();
    EXPECT_TRUE(writer.join().ok());
    queue.close_writer();
    EXPECT_EQ(queue.get(), "before");
    EXPECT_THROW(queue.get(), std::runtime_error);
    EXPECT_THROW(queue.get(), std::runtime_error) << "where the next message begins is not known";
  }
}

TEST_F(QueueTest, PutsTogetherLargeMessagesOfManyWriters) {
  Queue<std::string> queue;
  std::vector<Process> writers;
  for (char letter = 'a'; letter < 'e'; ++letter) {
    writers.emplace_back([&queue, letter] {
      // Around the size of a packet, and far past it.
      for (const std::size_t size : {0UL, 1UL, 4060UL, 4064UL, 4065UL, 4072UL, 4096UL, 100'000UL}) {
        queue.put(std::string(size, letter));
      }
      return 0;
    });
  }
  for (auto& writer : writers) writer.start();
  queue.close_writer();
  std::size_t messages = 0;
  std::size_t letters = 0;
  while (const auto message = queue.get()) {
    ++messages;
    letters += message->size();
    EXPECT_TRUE(std::ranges::all_of(*message, [&](char c) { return c == message->front(); })) << "messages are mixed";
  }
  EXPECT_EQ(messages, 4U * 8U);
  EXPECT_EQ(letters, 4U * (0 + 1 + 4060 + 4064 + 4065 + 4072 + 4096 + 100'000));
  for (auto& writer : writers) EXPECT_TRUE(writer.join().ok());
}

TEST_F(QueueTest, TakesMessagesOfSeveralThreadsOfOneWriter) {
  constexpr int threads = 8;
  constexpr int each = 20;
  Queue<std::string> queue;
  Process writer([&queue] {
    std::barrier together(threads);
    std::vector<std::jthread> writing;
    for (int thread = 0; thread < threads; ++thread) {
      writing.emplace_back([&, letter = static_cast<char>('a' + thread)] {
        together.arrive_and_wait();
        for (int message = 0; message < each; ++message) queue.put(std::string(10'000, letter));
      });
    }
    return 0;
  });
  writer.start();
  queue.close_writer();
  std::map<std::string, int> found;
  while (const auto message = queue.get()) ++found[*message];
  EXPECT_TRUE(writer.join().ok());
  EXPECT_EQ(found.size(), static_cast<std::size_t>(threads));
  for (const auto& [message, times] : found) {
    EXPECT_EQ(message, std::string(10'000, message.front()));
    EXPECT_EQ(times, each) << message.front();
  }
}

TEST_F(QueueTest, AWriterEndsWhenItsReaderHasDied) {
  Pipe lifeline = Pipe::open();
  Process reader([] {
    Queue<std::string> queue;
    Process writer([&queue] {
      try {
        while (true) queue.put(std::string(100'000, 'x'));
      } catch (const std::system_error&) {
        return 0;
      }
    });
    writer.start();
    queue.get();
    return raise(SIGKILL);
  });
  reader.start();
  lifeline.writer.close();
  reader.join();
  // The writer holds a copy of the writing end; the stream ends when it has.
  char byte = 0;
  EXPECT_FALSE(processes::read_all(lifeline.reader, &byte, 1));
}

TEST_F(QueueTest, EndsWhenTheLastWriterDies) {
  Queue<std::string> queue;
  Process writer([&queue] {
    queue.put("whole");
    return raise(SIGKILL);
  });
  writer.start();
  queue.close_writer();
  EXPECT_EQ(queue.get(), "whole");
  EXPECT_EQ(queue.get(), std::nullopt);
  EXPECT_EQ(writer.join(), (ExitStatus{signalled, SIGKILL}));
  EXPECT_THROW(queue.put("late"), std::logic_error);
}

}  // namespace
