// What is specific to the pipe transport.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "connection.hpp"

namespace {

using processes::Frame;
using processes::RingReader;
using processes::Sent;
using processes::Transport;
namespace ring = processes::ring;

using PipeTransportTest = ConnectionTest;

TEST_F(PipeTransportTest, FlushSendsWhatThePipeDidNotTake) {
  const Connection connection(small(Transport::pipe));
  const auto port = connection.open_port();
  constexpr unsigned messages = 100;
  for (unsigned i = 0; i < messages; ++i) {
    ASSERT_EQ(connection.channel().send(raw(text_of(10'001, i))).kind, Sent::Kind::yes);
  }
  for (unsigned i = 0; i < messages; ++i) {
    ASSERT_EQ(port->next(), text_of(10'001, i));
    port->finish();
    connection.channel().flush();
  }
}

TEST_F(PipeTransportTest, AWorkerThatHasReadPartOfARequestWakesTheProgram) {
  const Connection connection({.transport = Transport::pipe, .message_limit = 1 << 20U});
  const std::string message = text_of(1 << 20U, 1);
  auto worker = connection.start_worker([&message](processes::Port& port) {
    const bool same = port.next() == message;
    port.finish();
    port.respond(Frame::Kind::result, raw(same ? "same" : "another"));
  });
  ASSERT_EQ(connection.channel().send(raw(message)).kind, Sent::Kind::yes);
  EXPECT_EQ(connection.wait_for_response(), "same");
  EXPECT_TRUE(worker.join().ok());
}

TEST_F(PipeTransportTest, HasAResponseUntilItIsDone) {
  const Connection connection(small(Transport::pipe));
  const auto port = connection.open_port();
  processes::Channel& channel = connection.channel();
  EXPECT_FALSE(channel.has_response());
  port->respond(Frame::Kind::result, raw("text"));
  EXPECT_TRUE(channel.has_response());
  Frame frame;
  EXPECT_EQ(channel.receive(frame), RingReader::Found::frame);
  EXPECT_TRUE(channel.has_response()) << "done() was not called";
  EXPECT_EQ(connection.take_response(), "text");
  EXPECT_FALSE(channel.has_response());
}

TEST_F(PipeTransportTest, AnOverwrittenCountIsCheckedOnce) {
  const Connection connection(small(Transport::pipe));
  const auto port = connection.open_port();
  connection.control().responses.tail = 1'000'000;
  EXPECT_TRUE(connection.channel().has_response());
  EXPECT_EQ(connection.take_response(), std::nullopt);
  EXPECT_FALSE(connection.channel().has_response());
  port->respond(Frame::Kind::result, raw("text"));
  EXPECT_EQ(connection.take_response(), "text");
}

TEST_F(PipeTransportTest, AWorkerWritesToNoFileThatATaskHasOpenedInPlaceOfItsPipes) {
  for (const bool responds : {true, false}) {
    const Connection connection(small(Transport::pipe));
    const std::vector<int> own = connection.channel().worker_descriptors();
    ASSERT_EQ(connection.channel().send(raw("request")).kind, Sent::Kind::yes);
    const auto port = connection.open_port();
    // The port's copies have the two lowest numbers above those of the channel.
    int file = -1;
    for (int number = 3; number < 200; ++number) {
      struct stat found{};
      if (::fstat(number, &found) < 0 || !S_ISFIFO(found.st_mode)) continue;
      if (std::ranges::find(own, number) != own.end()) continue;
      const int opened = ::memfd_create("a task's", MFD_CLOEXEC);
      ::dup2(opened, number);
      ::close(opened);
      file = number;
    }
    ASSERT_GE(file, 0);
    if (responds) {
      EXPECT_THROW(port->respond(Frame::Kind::result, raw("text")), std::runtime_error);
    } else {
      EXPECT_THROW(port->next(), std::runtime_error);
    }
    struct stat found{};
    ASSERT_EQ(::fstat(file, &found), 0);
    EXPECT_EQ(found.st_size, 0);
  }
}

TEST_F(PipeTransportTest, FreesTheMemoryOfRejectedMessages) {
  const Connection connection(small(Transport::pipe));
  const auto port = connection.open_port();
  const auto used = [] { return mallinfo2().uordblks + mallinfo2().hblkhd; };
  const std::string vast = text_of(10'000'000, 1);
  const std::size_t before = used();
  EXPECT_EQ(connection.channel().send(raw(vast)).kind, Sent::Kind::too_large);
  EXPECT_EQ(port->respond(Frame::Kind::result, raw(vast)).kind, Sent::Kind::too_large);
  const auto fails = [&vast](processes::Encoder& encoder) {
    encoder.put(vast);
    throw std::bad_alloc();
  };
  EXPECT_THROW(connection.channel().send(fails), std::bad_alloc);
  EXPECT_LT(used(), before + vast.size() / 2);
}

TEST_F(PipeTransportTest, AWorkerWhosePipeATaskMadeNonblockingWaitsForRoomInIt) {
  const Connection connection(small(Transport::pipe));
  const std::string text = text_of(small_limit, 1);
  constexpr int responses = 20;  // more than a pipe's capacity
  auto worker = connection.start_worker([&](processes::Port& port) {
    for (int descriptor = 3; descriptor < 100; ++descriptor) {
      const int flags = ::fcntl(descriptor, F_GETFL);
      if (flags >= 0) ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
    }
    for (int response = 0; response < responses; ++response) port.respond(Frame::Kind::result, raw(text));
  });
  for (int response = 0; response < responses; ++response) EXPECT_EQ(connection.wait_for_response(), text);
  EXPECT_TRUE(worker.join().ok());
}

TEST_F(PipeTransportTest, ARequestToAnEndedWorkerRaisesNoSignal) {
  const Connection connection(small(Transport::pipe));
  connection.channel().close_worker_descriptors();
  EXPECT_EQ(connection.channel().send(raw("text")).kind, Sent::Kind::yes);
}

TEST_F(PipeTransportTest, ADamagedRequestOrTheEndOfItsPipeEndsTheWorkersWait) {
  for (const bool damaged : {true, false}) {
    const Connection connection(small(Transport::pipe));
    processes::Pipe requests = processes::Pipe::open();
    std::vector<processes::Descriptor> descriptors;
    for (const int descriptor : connection.channel().worker_descriptors()) descriptors.emplace_back(::dup(descriptor));
    descriptors[1] = std::move(requests.reader);
    const auto port = processes::Port::open(small(Transport::pipe), std::move(descriptors),
                                            connection.channel().memory_size(), processes::CallBoard());
    const ring::Header header{Frame::Kind::request, 0, damaged ? small_limit + 1 : 1};
    processes::write_all(requests.writer, {reinterpret_cast<const char*>(&header), sizeof header});
    if (!damaged) requests.writer.close();  // inside a message
    EXPECT_THROW(port->next(), std::runtime_error) << damaged;
  }
}

}  // namespace
