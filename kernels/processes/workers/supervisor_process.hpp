// The code that runs in the supervisor's process. See supervisor.hpp.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "processes/os/memory/shared_memory.hpp"
#include "processes/os/packet_socket.hpp"
#include "processes/os/signals.hpp"
#include "processes/transport/wire.hpp"
#include "processes/workers/worker.hpp"

namespace processes::supervisor {

/// A request of the program to its supervisor.
struct Request {
  enum class Kind : std::uint64_t { begin, kill };

  Kind kind = Kind::begin;
  std::uint64_t worker = 0;
  std::uint64_t memory_size = 0;  ///< for begin: size of the channel's memory
};

/// The first message to a supervisor.
struct Settings {
  WorkerSettings worker;
  pid_t program = 0;
  /// A region of the pool's shared memory.
  struct Shared {
    std::uint64_t size = 0;
    SharedMemory::Others others = SharedMemory::Others::read;
  };
  std::vector<Shared> shared;
};

void put(Encoder& encoder, const Settings& settings, const std::vector<SharedMemory>& shared);
Settings get(Decoder& decoder);

}  // namespace processes::supervisor

namespace processes {

/// Serves the socket until its other end closes or the program ends; then ends all workers. Returns the exit code.
int run_supervisor(PacketSocket socket);

/// Prepares a process to serve a socket until that closes or the program ends. Closes every other descriptor except the
/// standard streams. Leaves the program's process group, so that a signal to that does not end it before it has ended
/// its workers. Blocks all signals that can be blocked. `actions` are the program's.
void serve_only(const Descriptor& descriptor, const SignalActions& actions);

/// The same in a process that was forked from one that serves a socket.
void serve_another(const Descriptor& descriptor);

/// Throws std::system_error if the parent is in another PID namespace, where its pid means nothing here.
void require_parent_in_namespace();

/// Readable when a child has ended; SIGCHLD must be blocked. Throws std::system_error.
Descriptor signals_of_children();
void forget_signals(const Descriptor& signals);

}  // namespace processes
