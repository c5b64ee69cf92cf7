// What is specific to the shared-memory transport.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "connection.hpp"
#include "processes/transport/shared_transport.hpp"

namespace {

using processes::Frame;
using processes::RingReader;
using processes::Sent;
using processes::Transport;
using processes::WorkerControl;
namespace ring = processes::ring;

using SharedTransportTest = ConnectionTest;

processes::Window large_of(std::size_t most) {
  return {processes::SharedMemory(most, processes::SharedMemory::Others::write).file(), 0, most};
}

TEST_F(SharedTransportTest, SendsWaitingMessagesOnceThereIsRoom) {
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

TEST_F(SharedTransportTest, RequestsAndCallsOnTheBoardTakeTurns) {
  Connection connection(small(Transport::shared));
  const auto port = connection.open_port();
  const processes::InPlace nothing = [](void (*)(), const std::byte*, std::byte*, void (*)()) {};
  connection.control().is_known = 1;
  connection.board().open({nothing, nullptr, 3, 1, 1, 1});
  for (const unsigned request : {0U, 1U}) connection.channel().send(raw(text_of(10, request)));
  for (const unsigned request : {0U, 1U}) {
    ASSERT_EQ(port->next(), text_of(10, request));
    port->finish();
    ASSERT_EQ(port->next(), std::nullopt);
    ASSERT_TRUE(port->call_taker()->take());
  }
  ASSERT_EQ(port->next(), std::nullopt) << "there is no request";
  ASSERT_TRUE(port->call_taker()->take());
  ASSERT_FALSE(port->call_taker()->take());
  connection.channel().send(raw(text_of(10, 2)));
  EXPECT_EQ(port->next(), text_of(10, 2));
  EXPECT_TRUE(connection.board().all_ended()) << "ended chunks are counted before anything else starts";
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

TEST_F(SharedTransportTest, OneLargeMessageAtATimeAndSmallOnesMeanwhile) {
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
    EXPECT_EQ(connection.channel().send(raw(second)).kind, Sent::Kind::not_yet) << "the large area is still being read";
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
  auto& sleeps = connection.control().worker_sleeps;
  for (const auto awake_or_busy : {WorkerControl::Sleep::awake, WorkerControl::Sleep::for_room}) {
    sleeps = awake_or_busy;
    connection.channel().send(raw("message"));
    EXPECT_EQ(sleeps, awake_or_busy);
  }
  sleeps = WorkerControl::Sleep::for_request;
  connection.channel().drained();
  EXPECT_EQ(sleeps, WorkerControl::Sleep::for_request);
  connection.channel().send(raw("message"));
  EXPECT_EQ(sleeps, WorkerControl::Sleep::awake) << "one wake-up is enough";
}

TEST_F(SharedTransportTest, RingsForAWorkerThatWaitsForRoom) {
  const Connection connection(small(Transport::shared));
  connection.control().worker_sleeps = WorkerControl::Sleep::for_room;
  connection.channel().drained();
  EXPECT_EQ(connection.control().worker_sleeps, WorkerControl::Sleep::awake);
}

TEST_F(SharedTransportTest, RingsForAParentThatSleepsWhenARequestIsFinishedOrTheRingIsHalfFull) {
  const Connection connection(small(Transport::shared));
  const auto port = connection.open_port();
  const processes::Doorbell& parent = connection.parent();
  connection.channel().send(raw("one"));
  connection.channel().send(raw("two"));
  port->next();
  port->finish();
  parent.about_to_sleep();
  EXPECT_TRUE(parent.needed());
  port->next();
  port->finish();
  EXPECT_FALSE(parent.needed()) << "one ring is enough";

  parent.about_to_sleep();
  const std::string eighth = text_of(small_ring / 8 - sizeof(ring::Header), 1);
  for (int frames = 1; frames <= 4; ++frames) {
    port->respond(Frame::Kind::result, raw(eighth));
    port->announce();
    EXPECT_TRUE(parent.needed()) << "with " << frames << " eighths: it sleeps until the chunk has ended";
  }
  port->respond(Frame::Kind::result, raw(eighth));
  EXPECT_TRUE(parent.needed()) << "a response whose encoding throws is not sent";
  port->announce();
  EXPECT_FALSE(parent.needed()) << "more than half of the ring is unread";
}

TEST_F(SharedTransportTest, TheLargeAreasAreNotMappedAtFirst) {
  for (const std::size_t limit : {std::size_t{1} << 20U, std::size_t{1} << 30U, std::size_t{1} << 40U}) {
    const processes::SharedLayout layout({.message_limit = limit});
    EXPECT_EQ(layout.mapped(), layout.large_requests);
    EXPECT_LT(layout.mapped(), 3U << 20U);
    EXPECT_GE(layout.size(), layout.large_responses + limit);
    EXPECT_GE(layout.large_responses, layout.large_requests + limit);
  }
}

TEST_F(SharedTransportTest, AFrameOutsideOfTheRingHasOnlyASizeWithinTheLargeArea) {
  for (const std::size_t bytes : {0UL, 4UL, 7UL, 9UL, 16UL}) {
    processes::RingPositions positions;
    std::vector<char> memory(64);
    processes::RingWriter writer(positions, memory);
    writer.publish(Frame::Kind::result, bytes, true);
    Frame frame;
    EXPECT_EQ(processes::SharedReader(positions, memory, large_of(100)).read(frame), RingReader::Found::damage)
        << bytes;
  }
  for (const std::uint64_t size : {0UL, 100UL, 101UL, 1UL << 63U}) {
    processes::RingPositions positions;
    std::vector<char> memory(64);
    processes::RingWriter writer(positions, memory);
    std::memcpy(writer.room().data(), &size, sizeof size);
    writer.publish(Frame::Kind::result, sizeof size, true);
    Frame frame;
    const auto found = processes::SharedReader(positions, memory, large_of(100)).read(frame);
    EXPECT_EQ(found, size <= 100 ? RingReader::Found::frame : RingReader::Found::damage) << size;
  }
}

TEST_F(SharedTransportTest, ADamagedRequestEndsTheWorkersWait) {
  const Connection connection(small(Transport::shared));
  const auto port = connection.open_port();
  connection.control().requests.tail = 8;
  EXPECT_THROW(port->next(), std::runtime_error);
}

}  // namespace
