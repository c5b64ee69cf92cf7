// Input: the message limit (2 bytes), how many bytes arrive at a time (1 byte), and the stream.
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "processes/transport/pipe_transport.hpp"
#include "targets.hpp"

namespace fuzz {

using processes::Frame;
using Found = processes::RingReader::Found;

namespace {

/// The capacity of a pipe.
constexpr std::size_t most_of_a_stream = 65536;

struct Message {
  processes::ring::Header header;
  std::string_view bytes;
};

/// The whole messages at the beginning of the stream, by a simple reference implementation.
std::vector<Message> messages_of(std::string_view stream, std::size_t limit) {
  std::vector<Message> messages;
  while (stream.size() >= sizeof(processes::ring::Header)) {
    const auto header = take<processes::ring::Header>(stream);
    if (header.size > limit || header.size > stream.size()) break;
    messages.push_back({header, stream.substr(0, header.size)});
    stream.remove_prefix(header.size);
  }
  return messages;
}

void write(int descriptor, std::string_view bytes) {
  require(::write(descriptor, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
          "a pipe must take 64 KiB");
}

void read_as_parent(const processes::TransportOptions& options, std::string_view stream, std::size_t at_a_time) {
  const std::vector<Message> expected = messages_of(stream, options.message_limit);
  processes::PipeChannel channel(options);
  const int writer = channel.worker_descriptors().at(2);
  std::size_t received = 0;
  const auto receive_all = [&] {
    Frame frame;
    Found found{};
    while ((found = channel.receive(frame)) == Found::frame) {
      require(received < expected.size(), "only whole messages may be found");
      require(frame.bytes == expected[received].bytes, "a message must have its own bytes");
      require(frame.kind == expected[received].header.kind && !frame.outside, "a message must have its own kind");
      ++received;
      channel.done();
    }
    return found;
  };
  for (bool damaged = false; !damaged && !stream.empty();) {
    const std::string_view next = stream.substr(0, at_a_time);
    write(writer, next);
    stream.remove_prefix(next.size());
    damaged = receive_all() == Found::damage;
  }
  channel.close_worker_descriptors();
  require(receive_all() == Found::damage, "an end or damage must be reported");
  require(received == expected.size(), "all whole messages must be found");
}

void read_as_worker(const processes::TransportOptions& options, std::string_view stream) {
  processes::Pipe requests = processes::Pipe::open();
  processes::Pipe responses = processes::Pipe::open();
  processes::PipePort port(options, processes::SharedMemory(sizeof(processes::WorkerControl)),
                           std::move(requests.reader), std::move(responses.writer), processes::CallBoard());
  write(requests.writer.get(), stream);
  requests.writer.close();
  for (const Message& message : messages_of(stream, options.message_limit)) {
    require(port.next() == message.bytes, "a request must have its own bytes");
    port.finish();
  }
  try {
    port.next();
  } catch (const std::runtime_error&) {
    return;
  }
  require(false, "an end or damage must be an error");
}

}  // namespace

void read_pipe(std::string_view input) {
  const processes::TransportOptions options{.transport = processes::Transport::pipe,
                                            .message_limit = take<std::uint16_t>(input)};
  const std::size_t at_a_time = 1 + std::size_t{take<std::uint8_t>(input)};
  const std::string_view stream = input.substr(0, most_of_a_stream);
  read_as_parent(options, stream, at_a_time);
  read_as_worker(options, stream);
}

}  // namespace fuzz
