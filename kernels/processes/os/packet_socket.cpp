#include "processes/os/packet_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace processes {

namespace {

/// Room for the control message with all descriptors, aligned as sendmsg(2) requires.
struct ControlBuffer {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(PacketSocket::most_descriptors * sizeof(int))> bytes{};
};

}  // namespace

std::pair<PacketSocket, PacketSocket> PacketSocket::open_pair() {
  std::array<int, 2> ends{-1, -1};
  const bool opened = ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0;
  Descriptor one = above_standard(Descriptor(ends[0]));
  Descriptor other = above_standard(Descriptor(ends[1]));
  if (!opened || !one || !other) throw_system_error("socketpair");
  return {PacketSocket(std::move(one)), PacketSocket(std::move(other))};
}

bool PacketSocket::send(std::string_view bytes, std::span<const int> descriptors, bool wait) const {
  if (bytes.size() > most_bytes || descriptors.size() > most_descriptors) {
    throw std::invalid_argument(
        fmt::format("a packet of {} bytes and {} descriptors is too large: the limits are {} and {}", bytes.size(),
                    descriptors.size(), most_bytes, most_descriptors));
  }
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};  // NOLINT(*-const-cast): sendmsg's declaration
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ControlBuffer control;
  if (!descriptors.empty()) {
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  using Clock = std::chrono::steady_clock;
  std::optional<Clock::time_point> end;
  while (::sendmsg(descriptor_.get(), &message, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT)) < 0) {
    if (errno == EAGAIN) return false;
    if (errno == ECONNRESET) errno = EPIPE;  // reported if the other end closed with unread packets
    if (errno == ETOOMANYREFS && wait && Clock::now() < end.value_or(Clock::time_point::max())) {
      if (!end) end = Clock::now() + longest_wait_for_others;
      std::this_thread::sleep_for(pause);
    } else if (errno != EINTR) {
      throw_system_error("sendmsg");
    }
  }
  return true;
}

bool PacketSocket::readable_within(std::chrono::milliseconds longest) const {
  return poll_readable(descriptor_, std::max(longest, std::chrono::milliseconds(0))) != 0;
}

PacketSocket::Received PacketSocket::receive(Packet& packet, bool wait) const {
  std::array<char, most_bytes> bytes{};
  ControlBuffer control;
  iovec part{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  // First: a packet that has arrived must not be lost because there is no memory for it.
  packet.bytes.reserve(most_bytes);
  packet.descriptors.clear();
  packet.descriptors.reserve(most_descriptors);
  ssize_t count = 0;
  while ((count = ::recvmsg(descriptor_.get(), &message, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT))) < 0) {
    if (errno == EAGAIN) return Received::nothing_yet;
    // ECONNRESET is reported once if the other end closed with unread packets. What it sent before can still be read.
    if (errno != EINTR && errno != ECONNRESET) throw_system_error("recvmsg");
  }
  packet.bytes.assign(bytes.data(), static_cast<std::size_t>(count));
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t size = header->cmsg_len - CMSG_LEN(0);
    std::array<int, most_descriptors> numbers{};
    std::memcpy(numbers.data(), CMSG_DATA(header), std::min(size, sizeof numbers));
    for (std::size_t i = 0; i < std::min(size / sizeof(int), numbers.size()); ++i) {
      packet.descriptors.emplace_back(numbers.at(i));
    }
    for (Descriptor& descriptor : packet.descriptors) descriptor = above_standard(std::move(descriptor));
  }
  const bool all_there = std::ranges::all_of(packet.descriptors, [](const Descriptor& each) { return bool{each}; });
  if ((message.msg_flags & MSG_CTRUNC) != 0 || !all_there) {
    packet.descriptors.clear();
    return Received::truncated;
  }
  // Our packets are never empty, so this is the end of the stream.
  return count == 0 ? Received::ended : Received::packet;
}

void PacketSocket::throw_truncated() {
  errno = EMFILE;
  throw_system_error("recvmsg, descriptors of a packet");
}

}  // namespace processes
