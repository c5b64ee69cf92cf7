// Input: the capacity (1 byte: 64 << value % 7), the reader's position (1 byte, in steps of 16 bytes), the size of the
// large area (2 bytes), how far the tail is ahead of the reader (8 bytes), and the content of the ring, padded with
// zeros.
#include <algorithm>

#include "processes/transport/shared_transport.hpp"
#include "targets.hpp"

namespace fuzz {

using processes::Frame;
using Found = processes::RingReader::Found;

void read_ring(std::string_view input) {
  const std::size_t capacity = std::size_t{64} << (take<std::uint8_t>(input) % 7U);
  const std::uint64_t steps = take<std::uint8_t>(input);
  // Allocated with the exact size, so that a sanitizer finds any access outside.
  std::vector<char> memory(capacity);
  const std::size_t most = 1 + std::size_t{take<std::uint16_t>(input)};
  const processes::SharedMemory large(most, processes::SharedMemory::Others::write);
  processes::RingPositions positions;
  processes::RingWriter writer(positions, memory);
  processes::SharedReader reader(positions, memory, processes::Window(large.file(), 0, most));
  Frame frame;
  for (std::uint64_t step = 0; step < steps; ++step) {
    writer.publish(Frame::Kind::request, 0);
    require(reader.read(frame) == Found::frame, "what a writer has published must be found");
    reader.pop();
  }

  const std::uint64_t begin = positions.head;
  const auto ahead = take<std::uint64_t>(input);
  positions.tail = begin + ahead;
  input.copy(memory.data(), memory.size());
  Found found{};
  std::size_t frames = 0;
  while ((found = reader.read(frame)) == Found::frame) {
    require(frame.outside ? frame.bytes.size() <= most : within(frame.bytes, memory),
            "a frame must be within its memory");
    touch(frame.bytes);
    reader.pop();
    require(++frames <= capacity / processes::ring::alignment, "there must be no more frames than fit");
    require(positions.head - begin <= ahead, "the reader must not pass the tail");
  }
  require(found == Found::damage || positions.head == positions.tail, "unread bytes must be reported");
  if (found == Found::damage) require(reader.read(frame) == Found::damage, "damage must be permanent");
}

}  // namespace fuzz
