#include "processes/transport/message_queue.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <stdexcept>

namespace processes {

MessageQueue::MessageQueue() : pipe_(Pipe::open()), reader_(::getpid()) {}

void MessageQueue::put(std::string_view message) {
  if (!pipe_.writer)
    throw std::logic_error("put after close_writer: this process has closed its write end of the queue");
  // A writer that keeps the read end open would block forever on a full pipe after the reader has died.
  if (::getpid() != reader_ && !reader_left_.exchange(true)) pipe_.reader.close();

  const auto writer = static_cast<std::uint32_t>(::gettid());
  std::array<char, PIPE_BUF> packet;  // NOLINT(cppcoreguidelines-pro-type-member-init): written below as far as sent
  std::size_t offset = 0;
  do {
    const std::string_view bytes = message.substr(offset, most_bytes);
    const PacketHeader header{writer, static_cast<std::uint32_t>(bytes.size()), offset, message.size()};
    std::memcpy(packet.data(), &header, sizeof header);
    std::ranges::copy(bytes, packet.data() + sizeof header);
    write_all(pipe_.writer, {packet.data(), sizeof header + bytes.size()});
    offset += bytes.size();
  } while (offset < message.size());
}

std::optional<std::string> MessageQueue::get() {
  while (!damaged_) {
    if (!header_) {
      PacketHeader read;
      if (!read_all(pipe_.reader, reinterpret_cast<char*>(&read), sizeof read)) return std::nullopt;
      header_ = read;
    }
    const PacketHeader header = *header_;
    std::string& message = parts_[header.writer];
    if (header.offset == 0) message.clear();  // a new writer may have the thread id of a dead one
    damaged_ = header.size > most_bytes || header.offset != message.size() || header.total < header.offset ||
               header.total - header.offset < header.size;
    if (damaged_) break;
    message.resize(header.offset + header.size);
    header_.reset();  // from here on, nothing needs memory
    if (header.size > 0 && !read_all(pipe_.reader, message.data() + header.offset, header.size)) return std::nullopt;
    if (message.size() == header.total) return std::move(parts_.extract(header.writer).mapped());
  }
  // The next packet's position is unknown.
  throw std::runtime_error(
      "a queue's pipe has malformed data: something else wrote to it, or a message was truncated; no further "
      "message can be read from it");
}

}  // namespace processes
