#include "processes/workers/supervisor_events.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <span>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "processes/os/system_error.hpp"

namespace processes {

namespace {

std::string_view bytes_of(const SupervisorEvent& event) {
  return {reinterpret_cast<const char*>(&event), sizeof event};
}

/// The error's message without the text of its code: "call (advice)".
std::string_view without_meaning(std::string_view message, const std::error_code& code) {
  const std::string meaning = ": " + code.message();
  if (message.ends_with(meaning)) message.remove_suffix(meaning.size());
  return message;
}

void say_not_begun(const PacketSocket& socket, const std::system_error& error) {
  const SupervisorEvent event{SupervisorEvent::Kind::not_begun, {}, 0, error.code().value()};
  std::string bytes(bytes_of(event));
  bytes += without_meaning(error.what(), error.code());
  bytes.resize(std::min(bytes.size(), PacketSocket::most_bytes));
  static_cast<void>(socket.send(bytes, {}, true));
}

SupervisorEvent event_in(const Packet& packet, const std::string& sender) {
  SupervisorEvent event;
  if (packet.bytes.size() < sizeof event) throw std::logic_error(sender + " sent a malformed event");
  std::memcpy(&event, packet.bytes.data(), sizeof event);
  return event;
}

}  // namespace

bool send_event(const PacketSocket& socket, const SupervisorEvent& event, const ProcessHandle& process) {
  const int pidfd = process.descriptor().get();
  std::span<const int> descriptors(&pidfd, process.descriptor() ? 1 : 0);
  const auto end = std::chrono::steady_clock::now() + PacketSocket::longest_wait_for_others;
  while (true) {
    try {
      return socket.send(bytes_of(event), descriptors, false);
    } catch (const std::system_error& error) {
      if (error.code().value() != ETOOMANYREFS || descriptors.empty()) throw;
      if (std::chrono::steady_clock::now() >= end) {
        descriptors = {};
      } else {
        std::this_thread::sleep_for(PacketSocket::pause);
      }
    }
  }
}

void say_begun(const PacketSocket& socket, const ProcessHandle& self) {
  static_cast<void>(send_event(socket, {SupervisorEvent::Kind::begun, {}, 0, ::getpid()}, self));
}

void say_not_begun(const PacketSocket& socket, int error) {
  const SupervisorEvent event{SupervisorEvent::Kind::not_begun, {}, 0, error};
  static_cast<void>(socket.send(bytes_of(event), {}, true));
}

void say_why_not_begun(const PacketSocket& socket) {
  try {
    try {
      throw;
    } catch (const std::system_error& error) {
      say_not_begun(socket, error);
    }
  } catch (const std::bad_alloc&) {
    say_not_begun(socket, ENOMEM);
  }
}

ProcessHandle wait_until_begun(const PacketSocket& socket, const std::string& what) {
  Packet first;
  const auto received = socket.receive(first, true);
  if (received == PacketSocket::Received::truncated) PacketSocket::throw_truncated();
  if (received != PacketSocket::Received::packet) {
    throw std::system_error(EPIPE, std::generic_category(), what + " ended before it was ready");
  }
  const SupervisorEvent event = event_in(first, what);
  if (event.kind == SupervisorEvent::Kind::begun) {
    const auto pid = static_cast<pid_t>(event.value);
    if (first.descriptors.empty()) return {pid, Descriptor()};
    return {pid, std::move(first.descriptors.front())};
  }
  throw_not_begun(first, what);
}

void throw_not_begun(const Packet& packet, const std::string& what) {
  const SupervisorEvent event = event_in(packet, what);
  const int error = static_cast<int>(event.value);
  const std::string reason = packet.bytes.substr(sizeof event);
  if (reason.empty()) throw system_error(error, what + " cannot start", "fork");  // in the fork server
  if (error == ESRCH) throw NeverStarts(error, std::generic_category(), what + " cannot start: " + reason);
  throw std::system_error(error, std::generic_category(), what + " cannot start: " + reason);
}

}  // namespace processes
