// Both ends of a shared transport without a pool; the rings are so small that either end waits for room.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "processes/transport/connection.hpp"

namespace {

using processes::Frame;
using processes::Sent;
using processes::Transport;

/// The text of that number: every fifth is larger than the ring.
std::string text(unsigned number) { return text_of(number % 5 == 0 ? 3000 + number % 9000 : number % 700, number); }

TEST(SharedTransportOfThreads, ExchangesMessages) {
  constexpr unsigned messages = 3000;
  const Connection connection(small(Transport::shared));
  const auto port = connection.open_port();
  std::thread worker([&port] {
    for (unsigned message = 0; message < messages; ++message) {
      const std::string request(*port->next());
      port->finish();
      port->respond(Frame::Kind::result, raw(request));
      port->announce();
    }
  });
  unsigned sent = 0;
  for (unsigned received = 0; received < messages; ++received) {
    while (sent < messages && connection.channel().send(raw(text(sent))).kind == Sent::Kind::yes) ++sent;
    EXPECT_EQ(connection.wait_for_response(), text(received));
  }
  worker.join();
}

}  // namespace
