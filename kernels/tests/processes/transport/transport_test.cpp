// What both transports have in common, without a pool: order, sizes, room, and no lost wake-ups.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "connection.hpp"
#include "faults/scale.hpp"

namespace {

using processes::Frame;
using processes::Process;
using processes::RingReader;
using processes::Sent;
using processes::Transport;
namespace ring = processes::ring;

class TransportTest : public ConnectionTest, public testing::WithParamInterface<Transport> {
 protected:
  Connection connection{small(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(, TransportTest, testing::Values(Transport::shared, Transport::pipe), transport_name);

TEST_P(TransportTest, CarriesEverySizeBothWays) {
  const auto port = connection.open_port();
  const std::string text = text_of(small_limit, 1);
  std::vector<std::size_t> sizes(ring::most_bytes(small_ring) + 100);  // some do not fit into the ring
  std::iota(sizes.begin(), sizes.end(), 0U);
  for (const std::size_t large : {4095UL, 4096UL, 4097UL, 20'001UL, small_limit}) sizes.push_back(large);
  for (const std::size_t size : sizes) {
    const std::string_view message = std::string_view(text).substr(0, size);
    ASSERT_EQ(connection.channel().send(raw(message)).kind, Sent::Kind::yes) << size;
    ASSERT_EQ(port->next(), message) << size;
    ASSERT_EQ(port->next(), message) << "it is valid until finish()";
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

TEST_P(TransportTest, RejectsMessagesOverTheLimitAndSendsNothing) {
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

/// Sends each message back, until one is empty.
void echo(processes::Port& port) {
  std::minstd_rand random(2);
  while (true) {
    const std::string_view message = *port.next();
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
  // Much more than either ring's capacity is in transit, and each side is the slower one at times.
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
        << "no ring; sent " << sent << ", received " << received;
  }
  connection.channel().send(raw(""));
  EXPECT_TRUE(worker.join().ok());
}

}  // namespace
