// What is particular to the transport by pipes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <poll.h>
#include <unistd.h>

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
using testing::SizeIs;
namespace ring = processes::ring;

using PipeTransportTest = ConnectionTest;

TEST_F(PipeTransportTest, WhatThePipeDoesNotTakeAtOnceGoesWithTheNextFlush) {
  const Connection connection(small(Transport::pipe));
  const auto port = connection.open_port();
  const auto polled = [&connection] {
    std::vector<pollfd> descriptors;
    connection.channel().add_polled(descriptors);
    return descriptors;
  };
  constexpr unsigned messages = 100;
  EXPECT_THAT(polled(), SizeIs(1)) << "responses";
  for (unsigned i = 0; i < messages; ++i) {
    ASSERT_EQ(connection.channel().send(raw(text_of(10'001, i))).kind, Sent::Kind::yes);
  }
  ASSERT_THAT(polled(), SizeIs(2)) << "and room for what is left of the requests";
  EXPECT_EQ(polled()[1].events, POLLOUT);
  for (unsigned i = 0; i < messages; ++i) {
    ASSERT_EQ(port->next(), text_of(10'001, i));
    port->finish();
    connection.channel().flush();
  }
  EXPECT_THAT(polled(), SizeIs(1));
}

TEST_F(PipeTransportTest, HasAResponseWhenPollHasReportedItUntilThePipeIsRead) {
  const Connection connection(small(Transport::pipe));
  const auto port = connection.open_port();
  processes::Channel& channel = connection.channel();
  port->respond(Frame::Kind::result, raw("text"));
  EXPECT_FALSE(channel.has_response()) << "a pipe tells nothing by itself";
  std::vector<pollfd> polled;
  channel.add_polled(polled);
  ASSERT_THAT(polled, SizeIs(1));
  ASSERT_EQ(::poll(polled.data(), 1, -1), 1);
  channel.take_polled(polled);
  EXPECT_TRUE(channel.has_response());
  Frame frame;
  EXPECT_EQ(channel.receive(frame), RingReader::Found::frame);
  EXPECT_TRUE(channel.has_response()) << "it was not done with";
  EXPECT_EQ(connection.take_response(), "text");
  EXPECT_FALSE(channel.has_response());
  channel.take_polled(polled);
  EXPECT_FALSE(channel.has_response()) << "what was polled is taken once";
}

TEST_F(PipeTransportTest, KeepsNoMemoryForWhatItRefuses) {
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
  constexpr int responses = 20;  // more than a pipe holds
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

TEST_F(PipeTransportTest, ARequestToAWorkerThatHasGoneRaisesNoSignal) {
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
                                            connection.channel().memory_size(), processes::Doorbell());
    const ring::Header header{Frame::Kind::request, 0, damaged ? small_limit + 1 : 1};
    processes::write_all(requests.writer, {reinterpret_cast<const char*>(&header), sizeof header});
    if (!damaged) requests.writer.close();  // within the message
    EXPECT_THROW(port->next(), std::runtime_error) << damaged;
  }
}

}  // namespace
