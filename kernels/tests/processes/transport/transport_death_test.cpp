// A writer that dies: wherever that happens, the reader finds whole messages or nothing.
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>

#include "connection.hpp"
#include "processes/os/step.hpp"
#include "processes/transport/shared_transport.hpp"

namespace {

using processes::Frame;
using processes::Process;
using processes::RingPositions;
using processes::Step;
using processes::Transport;
using Found = processes::RingReader::Found;
namespace ring = processes::ring;

constexpr std::size_t message_limit = 8192;

class TransportDeathTest : public ConnectionTest, public testing::WithParamInterface<Transport> {
 protected:
  ~TransportDeathTest() override { processes::on_step = nullptr; }
};

INSTANTIATE_TEST_SUITE_P(, TransportDeathTest, testing::Values(Transport::shared, Transport::pipe), transport_name);

/// Takes the responses of a dead worker, and expects the first `expected` messages.
void expect_the_first(const Connection& connection, std::size_t expected, const std::vector<std::string>& messages) {
  Frame frame;
  std::size_t received = 0;
  Found found{};
  while ((found = connection.channel().receive(frame)) == Found::frame) {
    ASSERT_LT(received, messages.size());
    ASSERT_EQ(frame.bytes, messages[received]);
    connection.channel().done();
    ++received;
  }
  ASSERT_EQ(received, expected);
  EXPECT_FALSE(connection.channel().has_response()) << "an ended stream must not end every wait";
}

TEST_P(TransportDeathTest, AtAStepLeavesTheOutcomesThatWerePublishedAndNoOther) {
  const std::vector<std::string> messages{text_of(400, 1), "", text_of(1500, 2), text_of(5000, 3), text_of(33, 4)};
  static Step dies_at;
  static std::size_t passes;  // of the step, before it dies
  for (const Step step : {Step::message_encoded, Step::outcome_published}) {
    for (std::size_t published = 0; published <= messages.size(); ++published) {
      if (step == Step::outcome_published && published == 0) continue;
      const Connection one({.transport = GetParam(), .ring_bytes = 4096, .message_limit = message_limit});
      dies_at = step;
      passes = step == Step::message_encoded ? published : published - 1;
      Process worker = one.start_worker([&messages](processes::Port& port) {
        processes::on_step = [](Step reached) {
          if (reached == dies_at && passes-- == 0) raise(SIGKILL);
        };
        for (const std::string& message : messages) port.respond(Frame::Kind::result, raw(message));
      });
      worker.join();
      expect_the_first(one, published, messages);
      ASSERT_FALSE(HasFailure()) << "at step " << static_cast<int>(step) << " of message " << passes;
    }
  }
}

using PipeDeathTest = ConnectionTest;
using SharedDeathTest = ConnectionTest;

TEST_F(PipeDeathTest, AfterAnyByteLeavesTheMessagesThatWereWhole) {
  const std::vector<std::string> messages{text_of(3, 1), "", text_of(40, 2)};
  std::string stream;
  std::vector<std::size_t> ends;
  for (const std::string& message : messages) {
    const ring::Header header{Frame::Kind::result, 0, message.size()};
    stream.append(reinterpret_cast<const char*>(&header), sizeof header).append(message);
    ends.push_back(stream.size());
  }
  for (std::size_t sent = 0; sent <= stream.size(); ++sent) {
    const Connection connection({.transport = Transport::pipe, .message_limit = message_limit});
    const int responses = connection.channel().worker_descriptors().at(2);
    Process worker([&stream, responses, sent] {
      if (::write(responses, stream.data(), sent) != static_cast<ssize_t>(sent)) return 1;
      return raise(SIGKILL);
    });
    worker.start();
    connection.channel().close_worker_descriptors();
    EXPECT_EQ(worker.join().value, SIGKILL);
    const auto whole = std::ranges::count_if(ends, [sent](std::size_t end) { return end <= sent; });
    expect_the_first(connection, static_cast<std::size_t>(whole), messages);
    ASSERT_FALSE(HasFailure()) << "after " << sent << " bytes";
  }
}

TEST_F(PipeDeathTest, WithinAMessageLargerThanThePipeLeavesNothingOfIt) {
  constexpr std::size_t size = 1 << 20U;
  const Connection connection({.transport = Transport::pipe, .message_limit = size});
  const std::string message = text_of(size, 1);
  Process worker = connection.start_worker([&message](processes::Port& port) {
    port.respond(Frame::Kind::result, raw("whole"));
    port.respond(Frame::Kind::result, raw(message));
  });
  EXPECT_EQ(connection.wait_for_response(), "whole");
  // It fills the pipe and waits: its reader stops until it has ended.
  worker.signal(SIGKILL);
  worker.join();
  expect_the_first(connection, 0, {message});
}

/// One direction of a transport, shared by a forked writer and the test. It is small, since every instruction that
/// fills it is checked.
struct Direction {
  static constexpr std::size_t ring_bytes = 256;
  static constexpr std::size_t limit = 512;

  Direction() : positions(new (memory.data()) RingPositions) {}

  [[nodiscard]] std::span<char> ring() const {
    return {reinterpret_cast<char*>(memory.data()) + sizeof(RingPositions), ring_bytes};
  }

  processes::SharedMemory memory{sizeof(RingPositions) + ring_bytes, processes::SharedMemory::Others::write};
  processes::SharedMemory large{limit, processes::SharedMemory::Others::write};
  RingPositions* positions;
  processes::SharedWriter writer{*positions, ring(), processes::Window(large.file(), 0, limit)};
  processes::RingReader reader{*positions, ring()};

  /// Also for a frame outside of the ring.
  [[nodiscard]] std::string_view bytes_of(const Frame& frame) const {
    if (!frame.outside) return frame.bytes;
    std::uint64_t size = 0;
    std::memcpy(&size, frame.bytes.data(), sizeof size);
    return {reinterpret_cast<const char*>(large.data()), size};
  }
};

/// Runs the body in a separate process and calls `look` after every single instruction. Returns the number of
/// instructions; nothing if the system does not allow tracing.
template <class Look>
std::optional<int> step_through(const std::function<void()>& body, const Look& look) {
  Process process([&body] {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) < 0) return 1;
    raise(SIGSTOP);
    body();
    return raise(SIGSTOP);
  });
  process.start();
  int status = 0;
  if (::waitpid(process.pid(), &status, 0) != process.pid() || !WIFSTOPPED(status)) return std::nullopt;
  for (int instructions = 0;; ++instructions) {
    if (::ptrace(PTRACE_SINGLESTEP, process.pid(), nullptr, nullptr) < 0) return std::nullopt;
    if (::waitpid(process.pid(), &status, 0) != process.pid() || !WIFSTOPPED(status)) return std::nullopt;
    look();
    if (WSTOPSIG(status) == SIGSTOP) return instructions;  // this function's end kills the process
  }
}

TEST_F(SharedDeathTest, AfterAnyInstructionTheRingHoldsTheWholeMessageOrNothing) {
  // A death leaves in memory what the instructions before it wrote. The last two messages must skip the ring's end.
  for (const auto& [size, before] :
       {std::pair(30UL, 0U), std::pair(0UL, 0U), std::pair(150UL, 1U), std::pair(65UL, 4U), std::pair(150UL, 5U)}) {
    Direction direction;
    for (unsigned frames = 0; frames < before; ++frames) {
      direction.writer.write(Frame::Kind::request, raw(text_of(32, 1)));
      Frame frame;
      ASSERT_EQ(direction.reader.peek(frame), Found::frame);
      direction.reader.pop();
    }
    const std::string message = text_of(size, 2);
    const auto encode = raw(message);
    bool there = false;
    const auto look = [&] {
      processes::RingReader copy = direction.reader;
      Frame frame;
      const Found found = copy.peek(frame);
      if (found == Found::nothing && !there) return;
      there = true;
      ASSERT_EQ(found, Found::frame);
      ASSERT_EQ(frame.kind, Frame::Kind::result);
      ASSERT_EQ(direction.bytes_of(frame), message);
    };
    const auto instructions = step_through([&] { direction.writer.write(Frame::Kind::result, encode); }, look);
    if (!instructions) GTEST_SKIP() << "this system does not allow tracing (ptrace)";
    ASSERT_FALSE(HasFailure()) << "a message of " << size << " bytes";
    EXPECT_TRUE(there) << "after " << *instructions << " instructions";
  }
}

}  // namespace
