// The ring alone: frames at every offset, full and empty, at the limits of the positions, and between two processes.
#include "processes/transport/ring.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "processes/process.hpp"
#include "processes/shared_memory.hpp"

namespace {

using processes::Frame;
using processes::RingPositions;
using processes::RingReader;
using processes::RingWriter;
using Found = processes::RingReader::Found;
namespace ring = processes::ring;

constexpr std::uint64_t header_size = sizeof(ring::Header);

std::uint64_t padded(std::uint64_t size) { return (header_size + size + 15) / 16 * 16; }

/// Text without repetitions.
std::string pattern(std::size_t size) {
  std::minstd_rand random(7);
  std::string text(size, ' ');
  for (char& letter : text) letter = static_cast<char>(random());
  return text;
}

struct Ring {
  explicit Ring(std::size_t capacity) : memory(capacity) {}

  /// False if there is no room.
  bool write(std::string_view bytes, Frame::Kind kind = Frame::Kind::request, bool outside = false) {
    const std::span<char> room = writer.room_for(bytes.size());
    if (room.data() == nullptr) return false;
    EXPECT_GE(room.size(), bytes.size());
    std::ranges::copy(bytes, room.begin());
    writer.publish(kind, bytes.size(), outside);
    return true;
  }

  /// Returns the next frame's bytes and frees the frame.
  std::string read() {
    Frame frame;
    EXPECT_EQ(reader.peek(frame), Found::frame);
    std::string bytes(frame.bytes);
    reader.pop();
    return bytes;
  }

  /// Empties the ring and moves its positions to that offset.
  void advance_to(std::size_t offset) {
    while (writer.position() % memory.size() != offset) {
      ASSERT_TRUE(write(""));
      read();
    }
  }

  Found found() {
    Frame frame;
    return reader.peek(frame);
  }

  /// Writes a header to the beginning of an unused ring, as if a frame of `waiting` bytes were published.
  void forge(ring::Header forged, std::uint64_t waiting) {
    std::memcpy(memory.data(), &forged, sizeof forged);
    positions.tail = waiting;
  }

  RingPositions positions;
  std::vector<char> memory;
  RingWriter writer{positions, memory};
  RingReader reader{positions, memory};
};

class RingOfCapacity : public testing::TestWithParam<std::size_t> {};

TEST_P(RingOfCapacity, CarriesEverySizeFromEveryOffset) {
  const std::size_t capacity = GetParam();
  const std::string text = pattern(capacity);
  Ring ring(capacity);
  for (std::size_t offset = 0; offset < capacity; offset += ring::alignment) {
    for (std::size_t size = 0; size <= ring::most_bytes(capacity); ++size) {
      ring.advance_to(offset);
      const std::uint64_t begin = ring.writer.position();
      const std::string bytes = text.substr(size / 2, size);
      ASSERT_TRUE(ring.write(bytes)) << size << " at " << offset;
      const std::uint64_t skipped = padded(size) > capacity - offset ? capacity - offset : 0;
      ASSERT_EQ(ring.writer.position(), begin + skipped + padded(size)) << size << " at " << offset;
      ASSERT_EQ(ring.read(), bytes) << size << " at " << offset;
      ASSERT_TRUE(ring.writer.read_up_to(ring.writer.position()));
      ASSERT_TRUE(ring.reader.empty());
    }
  }
}

TEST_P(RingOfCapacity, FillsToTheLastByteAndEmptiesInOrder) {
  const std::size_t capacity = GetParam();
  for (std::size_t offset = 0; offset < capacity; offset += ring::alignment) {
    Ring ring(capacity);
    ring.advance_to(offset);
    char letter = 0;
    while (ring.write(std::string(1, letter))) ++letter;
    // Frames of 32 bytes: at every second offset one of them would cross the end, which costs the room of one.
    const bool skips = offset % padded(1) != 0;
    EXPECT_EQ(static_cast<std::size_t>(letter), capacity / padded(1) - (skips ? 1 : 0)) << "from " << offset;
    EXPECT_EQ(ring.writer.room().data() == nullptr, !skips);
    for (char expected = 0; expected < letter; ++expected) ASSERT_EQ(ring.read(), std::string(1, expected));
    EXPECT_EQ(ring.found(), Found::nothing);
  }
}

INSTANTIATE_TEST_SUITE_P(Ring, RingOfCapacity, testing::Values(64, 128, 256, 1024));

TEST(Ring, ReportsTheRoomAvailableWithoutWaiting) {
  Ring ring(256);
  EXPECT_EQ(ring.writer.room().data(), ring.memory.data() + header_size);
  EXPECT_EQ(ring.writer.room().size(), 256 - header_size);
  ring.advance_to(192);
  EXPECT_EQ(ring.writer.room().size(), 64 - header_size) << "to the end of the memory";
  ring.advance_to(0);
  ASSERT_TRUE(ring.write(pattern(96)));
  ASSERT_TRUE(ring.write(pattern(96)));
  EXPECT_EQ(ring.writer.room().size(), 32 - header_size) << "to the unread frames";
  ASSERT_TRUE(ring.write(pattern(16)));
  EXPECT_TRUE(ring.writer.room().empty());
}

TEST(Ring, WaitsForRoomAfterASkipFrame) {
  Ring ring(256);
  ring.advance_to(96);
  ASSERT_TRUE(ring.write(pattern(64 - header_size)));
  ASSERT_TRUE(ring.write(pattern(32 - header_size)));
  // 64 bytes up to the end, which must be skipped, and 96 after them.
  const std::uint64_t before = ring.writer.position();
  ASSERT_FALSE(ring.write(pattern(96 - header_size + 1)));
  EXPECT_EQ(ring.positions.tail, before) << "a frame without room publishes nothing, not even a skip frame";
  ASSERT_TRUE(ring.write(pattern(96 - header_size)));
  EXPECT_EQ(ring.writer.position(), before + 64 + 96);
  EXPECT_TRUE(ring.writer.room().empty());
  EXPECT_EQ(ring.read(), pattern(64 - header_size));
  EXPECT_EQ(ring.read(), pattern(32 - header_size));
  EXPECT_TRUE(ring.writer.read_up_to(before));
  EXPECT_FALSE(ring.writer.read_up_to(before + 1));
  EXPECT_EQ(ring.read(), pattern(96 - header_size));
  EXPECT_TRUE(ring.writer.read_up_to(ring.writer.position()));
}

TEST(Ring, ASkipFrameIsPublishedOnce) {
  // The reader may free the skip frame before the writer has room for the next frame.
  Ring ring(256);
  ring.advance_to(224);
  ASSERT_EQ(ring.writer.room_for(64).size(), 256 - 32 - header_size);
  EXPECT_EQ(ring.found(), Found::nothing);
  EXPECT_EQ(ring.positions.head, 256U) << "freed";
  ASSERT_TRUE(ring.write(pattern(64)));
  EXPECT_EQ(ring.read(), pattern(64));
}

TEST(Ring, KeepsKindAndWhetherTheBytesAreOutside) {
  Ring ring(256);
  ASSERT_TRUE(ring.write("a", Frame::Kind::result, true));
  ASSERT_TRUE(ring.write("b", Frame::Kind::exception));
  Frame frame;
  ASSERT_EQ(ring.reader.peek(frame), Found::frame);
  EXPECT_EQ(frame.kind, Frame::Kind::result);
  EXPECT_TRUE(frame.outside);
  ASSERT_EQ(ring.reader.peek(frame), Found::frame);
  EXPECT_EQ(frame.bytes, "a") << "it is valid until pop()";
  ring.reader.pop();
  ASSERT_EQ(ring.reader.peek(frame), Found::frame);
  EXPECT_EQ(frame.kind, Frame::Kind::exception);
  EXPECT_FALSE(frame.outside);
}

TEST(Ring, IsHalfFullWithMoreThanHalf) {
  Ring ring(256);
  ASSERT_TRUE(ring.write(pattern(ring::most_bytes(256))));
  EXPECT_FALSE(ring.writer.half_full()) << "exactly half";
  ASSERT_TRUE(ring.write(""));
  EXPECT_TRUE(ring.writer.half_full());
  ring.read();
  EXPECT_FALSE(ring.writer.half_full());
}

TEST(Ring, WhatIsNotPublishedDoesNotExist) {
  Ring ring(256);
  std::ranges::fill(ring.writer.room_for(100), 'x');
  EXPECT_EQ(ring.found(), Found::nothing);
  EXPECT_TRUE(ring.reader.empty());
}

TEST(Ring, PositionsGrowPastEveryPowerOfTwo) {
  // Half a GiB per frame, of which only the header is touched: positions past 2^32, up to 2^46.
  constexpr std::size_t capacity = std::size_t{1} << 30U;
  const processes::SharedMemory memory(capacity);
  const std::span<char> bytes(reinterpret_cast<char*>(memory.data()), capacity);
  RingPositions positions;
  RingWriter writer(positions, bytes);
  RingReader reader(positions, bytes);
  std::uint64_t frames = 0;
  for (; writer.position() < std::uint64_t{1} << 46U; ++frames) {
    const std::size_t size = ring::most_bytes(capacity) - frames % 1000;
    const std::span<char> room = writer.room_for(size);
    ASSERT_NE(room.data(), nullptr) << writer.position();
    std::memcpy(room.data(), &frames, sizeof frames);
    writer.publish(Frame::Kind::request, size);
    Frame frame;
    ASSERT_EQ(reader.peek(frame), Found::frame) << writer.position();
    ASSERT_EQ(frame.bytes.size(), size);
    ASSERT_EQ(std::memcmp(frame.bytes.data(), &frames, sizeof frames), 0) << writer.position();
    reader.pop();
  }
  EXPECT_GT(frames, 100'000U);
}

TEST(Ring, AMillionFramesCrossBetweenTwoProcesses) {
  constexpr int frames = 1'000'000;
  constexpr std::size_t capacity = 4096;  // small, so that it is often full and often empty
  const std::string text = pattern(2 * capacity);
  const processes::SharedMemory memory(sizeof(RingPositions) + capacity, processes::SharedMemory::Others::write);
  auto& positions = *new (memory.data()) RingPositions;
  const std::span<char> bytes(reinterpret_cast<char*>(memory.data()) + sizeof(RingPositions), capacity);
  // Both processes generate the same frames: mostly short ones, sometimes the longest possible.
  const auto next_frame = [&text](std::minstd_rand& random) {
    const std::size_t size = random() % 64 != 0 ? random() % 96 : random() % (ring::most_bytes(capacity) + 1);
    return std::string_view(text).substr(random() % capacity, size);
  };
  processes::Process sender([&] {
    RingWriter writer(positions, bytes);
    std::minstd_rand random(1);
    for (int i = 0; i < frames; ++i) {
      const std::string_view frame = next_frame(random);
      std::span<char> room;
      while ((room = writer.room_for(frame.size())).data() == nullptr) sched_yield();
      std::ranges::copy(frame, room.begin());
      writer.publish(Frame::Kind::request, frame.size());
    }
    return 0;
  });
  sender.start();
  RingReader reader(positions, bytes);
  std::minstd_rand random(1);
  for (int i = 0; i < frames; ++i) {
    Frame frame;
    auto found = Found::nothing;
    while ((found = reader.peek(frame)) == Found::nothing) sched_yield();
    ASSERT_EQ(found, Found::frame) << i;
    ASSERT_TRUE(frame.bytes == next_frame(random)) << i;
    reader.pop();
  }
  EXPECT_TRUE(sender.join().ok());
  EXPECT_TRUE(reader.empty());
}

TEST(Ring, DamagedPositionsAreFound) {
  constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t tail : {1UL, 8UL, 15UL, 17UL, 255UL, 257UL, 272UL, 1UL << 32U, largest, largest - 15}) {
    Ring ring(256);
    ring.forge({Frame::Kind::request, 0, 0}, tail);
    EXPECT_EQ(ring.found(), Found::damage) << tail;
  }
  Ring ring(256);
  ring.advance_to(64);
  ring.positions.tail = 48;
  EXPECT_EQ(ring.found(), Found::damage) << "below the read position";
}

TEST(Ring, DamagedSizesAreFound) {
  constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t size :
       {33UL, 48UL, 240UL, 256UL, 1UL << 32U, largest, largest - 14, largest - 15, largest - 16, largest - 31}) {
    for (const auto kind : {Frame::Kind::request, Frame::Kind::skip}) {
      Ring ring(256);
      ring.forge({kind, 0, size}, 48);
      EXPECT_EQ(ring.found(), Found::damage) << size;
      EXPECT_EQ(ring.positions.head, 0U) << "nothing is freed";
    }
  }
  Ring ring(256);
  ring.forge({Frame::Kind::request, 0, 32}, 48);
  EXPECT_EQ(ring.found(), Found::frame) << "the largest frame in 48 bytes";
}

TEST(Ring, SkipFramesThatDoNotEndTheRingAreDamage) {
  for (const std::uint64_t size : {0UL, 16UL, 240UL}) {  // a writer of these could keep its reader busy forever
    Ring ring(256);
    ring.forge({Frame::Kind::skip, 0, size}, 256);
    EXPECT_EQ(ring.found(), Found::damage) << size << " from the beginning";
    EXPECT_EQ(ring.positions.head, 0U) << "nothing is freed";
  }
  for (const std::uint64_t size : {0UL, 16UL, 32UL, 48UL}) {
    Ring ring(256);
    ring.advance_to(192);
    const ring::Header forged{Frame::Kind::skip, 0, size};
    std::memcpy(ring.memory.data() + 192, &forged, sizeof forged);
    ring.positions.tail = ring.positions.head + 64;
    EXPECT_EQ(ring.found(), size == 48 ? Found::nothing : Found::damage) << size << " from 64 bytes before the end";
  }
}

TEST(Ring, ASizePastTheEndOfTheMemoryIsDamageEvenIfAsMuchIsPublished) {
  Ring ring(256);
  ring.advance_to(192);
  const ring::Header forged{Frame::Kind::request, 0, 64 - header_size + 1};
  std::memcpy(ring.memory.data() + 192, &forged, sizeof forged);
  ring.positions.tail = 192 + 256;
  EXPECT_EQ(ring.found(), Found::damage);
}

}  // namespace
