// What a supervisor reports to its program.
#pragma once

#include <cstdint>
#include <string>
#include <system_error>

#include "processes/os/packet_socket.hpp"
#include "processes/os/process.hpp"
#include "processes/os/process_handle.hpp"

namespace processes {

/// What a supervisor reports about a worker.
struct SupervisorEvent {
  enum class Kind : std::uint32_t {
    begun,                  ///< value: the pid; worker 0 is the supervisor itself
    not_begun,              ///< value: errno of fork or of what prepared it
    ended,                  ///< status
    ended_with_supervisor,  ///< status; the cause is not the worker's
    supervisor_ended,       ///< with all its workers, by SIGKILL
  };

  Kind kind = Kind::ended;
  ExitStatus::Kind status_kind = ExitStatus::Kind::exited;
  std::uint64_t worker = 0;
  std::int64_t value = 0;

  [[nodiscard]] ExitStatus status() const { return {status_kind, static_cast<int>(value)}; }
};

/// A supervisor cannot start, and no later one can either.
class NeverStarts : public std::system_error {
 public:
  using std::system_error::system_error;
};

/// Sends an event about a process, with its pidfd if there is one. Without it if too many descriptors are in flight for
/// a second. False if the socket is full.
bool send_event(const PacketSocket& socket, const SupervisorEvent& event, const ProcessHandle& process);

/// The first message of a supervisor or a fork server: it has started, with a pidfd of itself if there is one, or why
/// it cannot start. The first two need no memory.
void say_begun(const PacketSocket& socket, const ProcessHandle& self);
void say_not_begun(const PacketSocket& socket, int error);
/// In the handler of an exception: says that as the reason. Without memory for its text, or for what failed, ENOMEM.
void say_why_not_begun(const PacketSocket& socket);

/// Waits for that message; returns a handle to the process. Throws std::system_error if it cannot start, NeverStarts if
/// the program's children are in another PID namespace.
ProcessHandle wait_until_begun(const PacketSocket& socket, const std::string& what);
/// Throws the same for a packet that say_not_begun() has sent.
[[noreturn]] void throw_not_begun(const Packet& packet, const std::string& what);

}  // namespace processes
