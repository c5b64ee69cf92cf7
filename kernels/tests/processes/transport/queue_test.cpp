#include "processes/queue.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <barrier>
#include <csignal>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "leaves_nothing.hpp"
#include "processes/process.hpp"

namespace {

using processes::ExitStatus;
using processes::Pipe;
using processes::Process;
using processes::Queue;

using QueueTest = LeavesNothing;

TEST_F(QueueTest, CarriesPlainAndSerializedValues) {
  Queue<int> plain;
  Queue<std::pair<int, std::string>> tagged;
  plain.put(7);
  tagged.put({1, "text"});
  EXPECT_EQ(plain.get(), 7);
  EXPECT_EQ(tagged.get(), std::pair(1, std::string("text")));
}

/// A packet header that a foreign writer may put before its bytes; see message_queue.hpp.
struct Claimed {
  std::uint32_t writer = 1;
  std::uint32_t size = 0;
  std::uint64_t offset = 0;
  std::uint64_t total = 0;
};

TEST_F(QueueTest, ChecksTheHeadersOfWriters) {
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
    EXPECT_THROW(queue.get(), std::runtime_error) << "the beginning of the next message is unknown";
  }
}

TEST_F(QueueTest, JoinsLargeMessagesOfManyWriters) {
  Queue<std::string> queue;
  std::vector<Process> writers;
  for (char letter = 'a'; letter < 'e'; ++letter) {
    writers.emplace_back([&queue, letter] {
      // Around the size of a packet, and much larger.
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
  // The writer has a copy of the write end: the stream ends when it has ended.
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
  EXPECT_EQ(writer.join(), (ExitStatus{ExitStatus::Kind::signalled, SIGKILL}));
  EXPECT_THROW(queue.put("late"), std::logic_error);
}

}  // namespace
