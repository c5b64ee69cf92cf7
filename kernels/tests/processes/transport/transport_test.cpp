// The two transports without a pool: order, sizes, room, and wake-ups that are not lost.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "connection.hpp"
#include "faults/scale.hpp"
#include "processes/transport/shared_transport.hpp"

namespace {

using processes::Frame;
using processes::Process;
using processes::RingReader;
using processes::Sent;
using processes::Transport;
using processes::TransportOptions;
using processes::WorkerControl;
using testing::SizeIs;
namespace ring = processes::ring;

constexpr std::size_t small_ring = 4096;
constexpr std::size_t small_limit = 50'000;  // less than a pipe holds, so that one process can be both ends

TransportOptions small(Transport transport) {
  return {.transport = transport, .ring_bytes = small_ring, .message_limit = small_limit};
}

class TransportTest : public ConnectionTest, public testing::WithParamInterface<Transport> {
 protected:
  Connection connection{small(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(, TransportTest, testing::Values(Transport::shared, Transport::pipe), transport_name);

TEST_P(TransportTest, CarriesEverySizeBothWays) {
  const auto port = connection.open_port();
  const std::string text = text_of(small_limit, 1);
  std::vector<std::size_t> sizes(ring::most_bytes(small_ring) + 100);  // and some that do not fit in the ring
  std::iota(sizes.begin(), sizes.end(), 0U);
  for (const std::size_t large : {4095UL, 4096UL, 4097UL, 20'001UL, small_limit}) sizes.push_back(large);
  for (const std::size_t size : sizes) {
    const std::string_view message = std::string_view(text).substr(0, size);
    ASSERT_EQ(connection.channel().send(raw(message)).kind, Sent::Kind::yes) << size;
    ASSERT_EQ(port->next(), message) << size;
    ASSERT_EQ(port->next(), message) << "it stays until finish()";
    port->finish();
    ASSERT_EQ(port->respond(Frame::Kind::exception, raw(message)).kind, Sent::Kind::yes) << size;
    Frame frame;
    ASSERT_EQ(connection.channel().receive(frame), RingReader::Found::frame) << size;
    ASSERT_EQ(frame.kind, Frame::Kind::exception);
    ASSERT_EQ(frame.bytes, message) << size;
    connection.channel().done();
    ASSERT_EQ(connection.take_response(), std::nullopt);
  }
}

TEST_P(TransportTest, KeepsTheOrder) {
  const auto port = connection.open_port();
  for (unsigned i = 0; i < 20; ++i) {
    ASSERT_EQ(connection.channel().send(raw(text_of(i, i))).kind, Sent::Kind::yes);
  }
  for (unsigned i = 0; i < 20; ++i) {
    EXPECT_EQ(port->next(), text_of(i, i));
    port->finish();
    port->respond(Frame::Kind::result, raw(text_of(i + 1, i)));
  }
  for (unsigned i = 0; i < 20; ++i) EXPECT_EQ(connection.take_response(), text_of(i + 1, i));
}

TEST_P(TransportTest, RefusesWhatIsPastTheLimitAndSendsNothingOfIt) {
  const auto port = connection.open_port();
  const std::string most = text_of(small_limit, 1);
  for (const std::size_t more : {1UL, 1000UL, small_limit}) {
    const std::string too_much = most + std::string(more, 'x');
    const Sent request = connection.channel().send(raw(too_much));
    EXPECT_EQ(request.kind, Sent::Kind::too_large);
    EXPECT_EQ(request.size, too_much.size());
    EXPECT_EQ(connection.channel().send(raw(most)).kind, Sent::Kind::yes);
    EXPECT_EQ(port->next(), most);
    port->finish();
    const Sent response = port->respond(Frame::Kind::result, raw(too_much));
    EXPECT_EQ(response.kind, Sent::Kind::too_large);
    EXPECT_EQ(response.size, too_much.size());
    EXPECT_EQ(port->respond(Frame::Kind::result, raw(most)).kind, Sent::Kind::yes);
    EXPECT_EQ(connection.take_response(), most);
    EXPECT_EQ(connection.take_response(), std::nullopt);
  }
}

TEST_P(TransportTest, AnEncodingThatThrowsSendsNothing) {
  const auto port = connection.open_port();
  const auto throws_within = [](processes::Encoder& encoder) {
    encoder.put(1);
    throw std::out_of_range("a value of its own mind");
  };
  EXPECT_THROW(connection.channel().send(throws_within), std::out_of_range);
  EXPECT_THROW(port->respond(Frame::Kind::result, throws_within), std::out_of_range);
  ASSERT_EQ(connection.channel().send(raw("request")).kind, Sent::Kind::yes);
  EXPECT_EQ(port->next(), "request");
  port->respond(Frame::Kind::result, raw("response"));
  EXPECT_EQ(connection.take_response(), "response");
}

/// Answers each message with the same, until one is empty.
void echo(processes::Port& port) {
  std::minstd_rand random(2);
  while (true) {
    const std::string_view message = port.next();
    if (message.empty()) return;
    dawdle(random);
    port.respond(Frame::Kind::result, raw(message));
    dawdle(random);
    port.finish();
  }
}

TEST_P(TransportTest, NoWakeUpIsLostWhenBothSidesSleep) {
  const int rounds = faults::scaled(10'000, 100'000);
  Process worker = connection.start_worker(echo);
  std::minstd_rand random(1);
  for (int round = 0; round < rounds; ++round) {
    const std::string message(1 + random() % 100, static_cast<char>('a' + round % 26));
    dawdle(random);
    ASSERT_EQ(connection.channel().send(raw(message)).kind, Sent::Kind::yes);
    dawdle(random);
    ASSERT_EQ(connection.wait_for_response(), message) << "round " << round;
  }
  connection.channel().send(raw(""));
  EXPECT_TRUE(worker.join().ok());
}

TEST_P(TransportTest, NoWakeUpIsLostWhenEitherSideWaitsForRoom) {
  // Far more than either ring holds is on its way, and each side is now and then the slower one.
  const unsigned messages = faults::scaled(10'000U, 100'000U);
  const auto message = [](unsigned i) { return text_of(1 + i * 7919 % (i % 50 == 0 ? 9000 : 900), i); };
  Process worker = connection.start_worker(echo);
  std::minstd_rand random(1);
  unsigned sent = 0;
  unsigned received = 0;
  const auto send = [&] {
    if (sent == messages || sent > received + 50 ||
        connection.channel().send(raw(message(sent))).kind != Sent::Kind::yes) {
      return false;
    }
    ++sent;
    return true;
  };
  while (received < messages) {
    while (send()) dawdle(random);
    while (const auto response = connection.take_response()) {
      ASSERT_EQ(response, message(received)) << received;
      ++received;
      dawdle(random);
    }
    if (received == messages) break;
    ASSERT_TRUE(connection.sleep([&] { return connection.channel().has_response() || send(); }))
        << "nobody has rung; sent " << sent << ", received " << received;
  }
  connection.channel().send(raw(""));
  EXPECT_TRUE(worker.join().ok());
}

using PipeTransportTest = ConnectionTest;
using SharedTransportTest = ConnectionTest;

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

TEST_F(SharedTransportTest, SendsWhatWaitsWhenThereIsRoomAgain) {
  const Connection connection(small(Transport::shared));
  const auto port = connection.open_port();
  unsigned sent = 0;
  for (unsigned received = 0; received < 500; ++received) {
    while (connection.channel().send(raw(text_of(sent % 700, sent))).kind == Sent::Kind::yes) ++sent;
    EXPECT_GT(sent, received);
    ASSERT_EQ(port->next(), text_of(received % 700, received));
    port->finish();
  }
}

TEST_F(SharedTransportTest, AMessageWithoutBytesWaitsForRoomToo) {
  const Connection connection(small(Transport::shared));
  const auto port = connection.open_port();
  const std::string half = text_of(ring::most_bytes(small_ring), 1);
  ASSERT_EQ(connection.channel().send(raw(half)).kind, Sent::Kind::yes);
  ASSERT_EQ(connection.channel().send(raw(half)).kind, Sent::Kind::yes);
  EXPECT_EQ(connection.channel().send(raw("")).kind, Sent::Kind::not_yet) << "the ring is full to its last byte";
  EXPECT_EQ(port->next(), half);
  port->finish();
  EXPECT_EQ(port->next(), half);
  port->finish();
  ASSERT_EQ(connection.channel().send(raw("")).kind, Sent::Kind::yes);
  EXPECT_EQ(port->next(), "");
}

TEST_F(SharedTransportTest, OneLargeMessageAtATimeAndSmallOnesBeside) {
  const Connection connection(small(Transport::shared));
  const auto port = connection.open_port();
  const std::string first = text_of(30'000, 1);
  const std::string second = text_of(30'000, 2);
  ASSERT_EQ(connection.channel().send(raw("before")).kind, Sent::Kind::yes);
  ASSERT_EQ(connection.channel().send(raw(first)).kind, Sent::Kind::yes);
  ASSERT_EQ(connection.channel().send(raw("behind")).kind, Sent::Kind::yes);
  const auto expect = [&](const std::string& message) {
    EXPECT_EQ(connection.channel().send(raw(second)).kind, Sent::Kind::not_yet);
    EXPECT_TRUE(port->next() == message);
    EXPECT_EQ(connection.channel().send(raw(second)).kind, Sent::Kind::not_yet) << "it is still being read";
    port->finish();
  };
  expect("before");
  expect(first);
  ASSERT_EQ(connection.channel().send(raw(second)).kind, Sent::Kind::yes);
  EXPECT_EQ(port->next(), "behind");
  port->finish();
  EXPECT_TRUE(port->next() == second);
}

TEST_F(SharedTransportTest, RingsForAWorkerThatWaitsForARequestAndForNoOther) {
  const Connection connection(small(Transport::shared));
  const int doorbell = connection.channel().worker_descriptors().at(1);
  auto& sleeps = connection.control().worker_sleeps;
  for (const auto awake_or_busy : {WorkerControl::Sleep::awake, WorkerControl::Sleep::for_room}) {
    sleeps = awake_or_busy;
    connection.channel().send(raw("message"));
    EXPECT_FALSE(rung(doorbell));
    EXPECT_EQ(sleeps, awake_or_busy);
  }
  sleeps = WorkerControl::Sleep::for_request;
  connection.channel().drained();
  EXPECT_FALSE(rung(doorbell));
  connection.channel().send(raw("message"));
  EXPECT_TRUE(rung(doorbell));
  EXPECT_EQ(sleeps, WorkerControl::Sleep::awake) << "once is enough";
}

TEST_F(SharedTransportTest, RingsForAWorkerThatWaitsForRoom) {
  const Connection connection(small(Transport::shared));
  const int doorbell = connection.channel().worker_descriptors().at(1);
  connection.control().worker_sleeps = WorkerControl::Sleep::for_room;
  connection.channel().drained();
  EXPECT_TRUE(rung(doorbell));
  EXPECT_EQ(connection.control().worker_sleeps, WorkerControl::Sleep::awake);
}

TEST_F(SharedTransportTest, RingsForAParentThatSleepsWhenARequestIsFinishedOrTheRingIsHalfFull) {
  const Connection connection(small(Transport::shared));
  const auto port = connection.open_port();
  const int doorbell = connection.parent().descriptor().get();
  connection.channel().send(raw("one"));
  connection.channel().send(raw("two"));
  port->next();
  port->finish();
  EXPECT_FALSE(rung(doorbell)) << "the parent is awake";
  connection.control().parent_sleeps = 1;
  port->next();
  port->finish();
  EXPECT_TRUE(rung(doorbell));
  EXPECT_EQ(connection.control().parent_sleeps, 0U) << "once is enough";
  EXPECT_TRUE(connection.parent().take());

  connection.control().parent_sleeps = 1;
  const std::string eighth = text_of(small_ring / 8 - sizeof(ring::Header), 1);
  for (int frames = 1; frames <= 4; ++frames) {
    port->respond(Frame::Kind::result, raw(eighth));
    port->announce();
    EXPECT_FALSE(rung(doorbell)) << "with " << frames << " eighths: it sleeps until the chunk is done";
  }
  port->respond(Frame::Kind::result, raw(eighth));
  EXPECT_FALSE(rung(doorbell)) << "a response that throws is none";
  port->announce();
  EXPECT_TRUE(rung(doorbell)) << "over half of the ring waits for it";
}

TEST_F(SharedTransportTest, NoLargeMessageLiesAMultipleOfTheLimitBelowWhatLiesAboveTheMapping) {
  for (const std::size_t limit : {std::size_t{1} << 20U, std::size_t{1} << 30U, std::size_t{1} << 40U}) {
    const processes::SharedLayout layout({.message_limit = limit});
    EXPECT_GE((layout.size() - layout.large_requests) % limit, 4096U) << limit;
    EXPECT_GE((layout.size() - layout.large_responses) % limit, 4096U) << limit;
    EXPECT_GE(layout.size(), layout.large_responses + limit);
    EXPECT_GE(layout.large_responses, layout.large_requests + limit);
  }
}

TEST_F(PipeTransportTest, HasAResponseWhenPollHasToldUntilThePipeIsRead) {
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

TEST_F(SharedTransportTest, AFrameOutsideOfTheRingHoldsASizeThatTheAreaHasAndNothingElse) {
  for (const std::size_t bytes : {0UL, 4UL, 7UL, 9UL, 16UL}) {
    processes::RingPositions positions;
    std::vector<char> memory(64);
    const std::vector<char> large(100);
    processes::RingWriter writer(positions, memory);
    writer.publish(Frame::Kind::result, bytes, true);
    Frame frame;
    EXPECT_EQ(processes::SharedReader(positions, memory, large).read(frame), RingReader::Found::damage) << bytes;
  }
  for (const std::uint64_t size : {0UL, 100UL, 101UL, 1UL << 63U}) {
    processes::RingPositions positions;
    std::vector<char> memory(64);
    const std::vector<char> large(100);
    processes::RingWriter writer(positions, memory);
    std::memcpy(writer.room().data(), &size, sizeof size);
    writer.publish(Frame::Kind::result, sizeof size, true);
    Frame frame;
    const auto found = processes::SharedReader(positions, memory, large).read(frame);
    EXPECT_EQ(found, size <= large.size() ? RingReader::Found::frame : RingReader::Found::damage) << size;
  }
}

TEST_F(SharedTransportTest, ADamagedRequestEndsTheWorkersWait) {
  const Connection connection(small(Transport::shared));
  const auto port = connection.open_port();
  connection.control().requests.tail = 8;
  EXPECT_THROW(port->next(), std::runtime_error);
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
