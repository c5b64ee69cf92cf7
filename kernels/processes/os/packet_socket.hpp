// Packets with descriptors between two processes of one machine.
#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "processes/os/descriptor.hpp"

namespace processes {

struct Packet {
  std::string bytes;
  std::vector<Descriptor> descriptors;
};

/// One end of a pair of connected sockets that preserve packet boundaries (unix(7), SOCK_SEQPACKET).
class PacketSocket {
 public:
  static constexpr std::size_t most_bytes = 256;
  static constexpr std::size_t most_descriptors = 128;

  static constexpr std::chrono::seconds longest_wait_for_others{1};
  static constexpr std::chrono::milliseconds pause{1};

  enum class Received {
    packet,
    truncated,  ///< a packet without its descriptors: this process has no room for them (EMFILE)
    nothing_yet,
    ended
  };

  PacketSocket() = default;
  explicit PacketSocket(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  /// Throws std::system_error.
  static std::pair<PacketSocket, PacketSocket> open_pair();

  /// False if the socket is full and `wait` is false. Raises no SIGPIPE. Throws std::system_error (EPIPE if the other
  /// end is closed), std::invalid_argument if the packet is too large. All processes of a user may together have as
  /// many descriptors in flight as one of them may open: otherwise ETOOMANYREFS, at once or, with `wait`, after a
  /// second. Without an error it needs no memory.
  [[nodiscard]] bool send(std::string_view bytes, std::span<const int> descriptors, bool wait) const;
  [[nodiscard]] bool send(std::string_view bytes, std::initializer_list<int> descriptors, bool wait) const {
    return send(bytes, std::span(descriptors.begin(), descriptors.size()), wait);
  }

  /// Whether a packet or the end arrives within that time, however many signals interrupt the wait. True if poll(2)
  /// does not work, as with ulimit -n 0.
  [[nodiscard]] bool readable_within(std::chrono::milliseconds longest) const;
  /// Throws std::system_error.
  [[nodiscard]] Received receive(Packet& packet, bool wait) const;
  /// The error of a truncated packet, for a caller that needs its descriptors. Throws std::system_error (EMFILE).
  [[noreturn]] static void throw_truncated();

  [[nodiscard]] const Descriptor& descriptor() const { return descriptor_; }
  void close() { descriptor_.close(); }

 private:
  Descriptor descriptor_;
};

}  // namespace processes
