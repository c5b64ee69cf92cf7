// Waking and messaging between processes: doorbell, process mark, packet socket.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include "leaves_nothing.hpp"
#include "processes/os/forks/process_mark.hpp"
#include "processes/os/packet_socket.hpp"
#include "processes/process.hpp"
#include "processes/transport/doorbell.hpp"
#include "sanitized.hpp"
#include "signal_storm.hpp"

namespace {

using processes::Descriptor;
using processes::Doorbell;
using processes::Packet;
using processes::PacketSocket;
using processes::Process;
using processes::ProcessMark;
using processes::SharedMemory;
using testing::HasSubstr;
using Received = processes::PacketSocket::Received;

using DoorbellTest = LeavesNothing;

TEST_F(DoorbellTest, IsNeededFromAboutToSleepUntilARing) {
  const Doorbell doorbell(SharedMemory(Doorbell::bytes, SharedMemory::Others::write));
  EXPECT_FALSE(doorbell.needed());
  doorbell.ring();
  doorbell.about_to_sleep();
  EXPECT_TRUE(doorbell.needed());
  EXPECT_FALSE(doorbell.sleep(std::chrono::milliseconds(1))) << "no process has rung";
  EXPECT_TRUE(doorbell.needed());
  doorbell.ring();
  EXPECT_FALSE(doorbell.needed()) << "one ring is enough";
  EXPECT_TRUE(doorbell.sleep(std::chrono::hours(1)));
  doorbell.about_to_sleep();
  doorbell.awake();
  EXPECT_FALSE(doorbell.needed());
  EXPECT_EQ(doorbell.events(), 0U);
  doorbell.count_event();
  EXPECT_EQ(doorbell.events(), 1U);
}

/// One of two processes that alternate: it waits until the other has sent as many messages.
struct Half {
  Doorbell bell{SharedMemory(Doorbell::bytes, SharedMemory::Others::write)};
  SharedMemory memory{sizeof(std::atomic<int>), SharedMemory::Others::write};

  [[nodiscard]] std::atomic<int>& said() const { return *reinterpret_cast<std::atomic<int>*>(memory.data()); }
  void say() const {
    ++said();
    if (bell.needed()) bell.ring();
  }
  void hear(int times) const {
    while (said() < times) {
      bell.about_to_sleep();
      if (said() < times) static_cast<void>(bell.sleep(std::chrono::hours(1)));
      bell.awake();
    }
  }
};

TEST_F(DoorbellTest, WakesAnotherProcessDespiteSignals) {
  const Half there;
  const Half back;
  Process sleeper([&] {
    const SignalStorm storm;
    for (int i = 1; i <= 1000; ++i) {
      there.hear(i);
      back.say();
    }
    return 0;
  });
  sleeper.start();
  for (int i = 1; i <= 1000; ++i) {
    if (i % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    there.say();
    back.hear(i);
  }
  EXPECT_TRUE(sleeper.join().ok());
}

using ProcessMarkTest = LeavesNothing;

TEST_F(ProcessMarkTest, IsFalseInForkedProcesses) {
  const ProcessMark mark;
  EXPECT_TRUE(mark.here());
  Process child([&mark] {
    const ProcessMark own;
    Process grandchild([&] { return (mark.here() ? 1 : 0) + (own.here() ? 2 : 0); });
    grandchild.start();
    return grandchild.join().value + (mark.here() ? 4 : 0) + (own.here() ? 0 : 8);
  });
  child.start();
  EXPECT_EQ(child.join().value, 0);
  EXPECT_TRUE(mark.here()) << "a fork does not affect the parent";
}

class PacketSocketTest : public LeavesNothing {
 protected:
  std::pair<PacketSocket, PacketSocket> pair = PacketSocket::open_pair();
  const PacketSocket& own = pair.first;
  const PacketSocket& other = pair.second;
  Packet packet;
};

TEST_F(PacketSocketTest, PreservesPacketBoundaries) {
  const std::vector<std::string> sent{"one", "twotwo", std::string("\0three", 6),
                                      std::string(PacketSocket::most_bytes, 'x')};
  for (const std::string& bytes : sent) ASSERT_TRUE(own.send(bytes, {}, true));
  for (const std::string& bytes : sent) {
    ASSERT_EQ(other.receive(packet, true), Received::packet);
    EXPECT_EQ(packet.bytes, bytes);
    EXPECT_TRUE(packet.descriptors.empty());
  }
  EXPECT_EQ(other.receive(packet, false), Received::nothing_yet);
}

TEST_F(PacketSocketTest, SendsDescriptorsThatCloseOnExec) {
  const processes::Pipe pipe = processes::Pipe::open();
  ASSERT_TRUE(own.send("ends", {pipe.writer.get(), pipe.reader.get()}, true));
  ASSERT_EQ(other.receive(packet, true), Received::packet);
  ASSERT_EQ(packet.descriptors.size(), 2U);
  for (const Descriptor& descriptor : packet.descriptors) EXPECT_EQ(fcntl(descriptor.get(), F_GETFD), FD_CLOEXEC);
  processes::write_all(packet.descriptors[0], "text");
  std::string text(4, ' ');
  ASSERT_TRUE(processes::read_all(pipe.reader, text.data(), text.size()));
  EXPECT_EQ(text, "text");

  const Packet before = std::move(packet);
  ASSERT_TRUE(own.send("none", {}, true));
  ASSERT_EQ(other.receive(packet, true), Received::packet);
  EXPECT_TRUE(packet.descriptors.empty());
}

TEST_F(PacketSocketTest, LimitsDescriptorsAndBytes) {
  const std::vector<int> most(PacketSocket::most_descriptors, own.descriptor().get());
  ASSERT_TRUE(own.send("most", most, true));
  ASSERT_EQ(other.receive(packet, true), Received::packet);
  EXPECT_EQ(packet.descriptors.size(), most.size());
  packet.descriptors.clear();
  const std::vector<int> too_many(most.size() + 1, own.descriptor().get());
  EXPECT_THROW(static_cast<void>(own.send("more", too_many, true)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(own.send(std::string(PacketSocket::most_bytes + 1, 'x'), {}, true)),
               std::invalid_argument);
  EXPECT_EQ(other.receive(packet, false), Received::nothing_yet);
}

TEST_F(PacketSocketTest, ReportsThatItIsFullWithoutWaiting) {
  int sent = 0;
  while (own.send("packet", {}, false)) ++sent;
  EXPECT_GT(sent, 10);
  for (int received = 0; received < sent; ++received) ASSERT_EQ(other.receive(packet, false), Received::packet);
  EXPECT_EQ(other.receive(packet, false), Received::nothing_yet);
  EXPECT_TRUE(own.send("packet", {}, false));
}

TEST_F(PacketSocketTest, ItsEndIsReportedAfterWhatWasSent) {
  // Also if it has left packets unread, which the system reports first.
  for (const bool unread : {true, false}) {
    auto [here, there] = PacketSocket::open_pair();
    if (unread) {
      ASSERT_TRUE(here.send("unread", {}, true));
    }
    ASSERT_TRUE(there.send("last", {}, true));
    there.close();
    ASSERT_EQ(here.receive(packet, true), Received::packet);
    EXPECT_EQ(packet.bytes, "last");
    for (const bool wait : {true, false}) EXPECT_EQ(here.receive(packet, wait), Received::ended);
  }
}

TEST_F(PacketSocketTest, WithoutAReaderIsAnErrorAndNoSignal) {
  // The other end is closed, with and without unread packets; SIGPIPE would end this test.
  for (const bool unread : {true, false}) {
    auto [here, there] = PacketSocket::open_pair();
    if (unread) {
      ASSERT_TRUE(here.send("unread", {}, true));
    }
    there.close();
    for (int again = 0; again < 2; ++again) {
      try {
        static_cast<void>(here.send("packet", {}, again == 0));
        ADD_FAILURE() << "accepted";
      } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::broken_pipe) << unread << " " << again;
      }
    }
    EXPECT_EQ(here.receive(packet, true), Received::ended);
  }
}

TEST_F(PacketSocketTest, WithoutRoomForItsDescriptorsLosesOnlyThose) {
  if (sanitized::addresses) GTEST_SKIP() << "a sanitizer needs descriptors itself, to inspect objects";
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int file = own.descriptor().get();
  ASSERT_TRUE(own.send("three", {file, file, file}, true));
  ASSERT_TRUE(own.send("behind", {}, true));
  const int lowest_free = Descriptor(dup(file)).get();
  const rlimit one_more{static_cast<rlim_t>(lowest_free) + 1, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &one_more);
  const auto received = other.receive(packet, true);
  setrlimit(RLIMIT_NOFILE, &before);  // first: a failed expectation may need descriptors
  EXPECT_EQ(received, Received::truncated);
  EXPECT_TRUE(packet.descriptors.empty());
  EXPECT_EQ(packet.bytes, "three") << "the sender can be answered";
  EXPECT_EQ(other.receive(packet, true), Received::packet);
  EXPECT_EQ(packet.bytes, "behind");
  EXPECT_THAT([] { PacketSocket::throw_truncated(); },
              testing::ThrowsMessage<std::system_error>(HasSubstr("raise ulimit -n")));
}

TEST_F(PacketSocketTest, WaitsDespiteSignals) {
  // At times the sender is far behind, so that the socket is empty; at times the receiver, so that it is full.
  constexpr int packets = 4000;
  Process sender([this] {
    const SignalStorm storm;
    for (int i = 0; i < packets; ++i) {
      if (i % 1000 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      static_cast<void>(own.send(std::string(200, 'x'), {}, true));
    }
    return 0;
  });
  sender.start();
  const SignalStorm storm;
  for (int i = 0; i < packets; ++i) {
    if (i % 1000 == 500) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ASSERT_EQ(other.receive(packet, true), Received::packet);
    ASSERT_EQ(packet.bytes.size(), 200U);
  }
  EXPECT_TRUE(sender.join().ok());
}

}  // namespace
