// The supervisor's own half: what runs in its process. See supervisor.hpp.
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

/// What a program asks of its supervisor.
struct Request {
  enum class Kind : std::uint64_t { begin, kill };

  Kind kind = Kind::begin;
  std::uint64_t worker = 0;
  std::uint64_t memory_size = 0;  ///< begin: of the channel's memory
};

/// What a supervisor is sent first.
struct Settings {
  WorkerSettings worker;
  pid_t program = 0;
  /// A piece of the pool's shared memory.
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

/// In a process that is about to serve a socket: closes every other descriptor but the standard streams, leaves the
/// program's process group, so that no signal to that ends it before it has ended its workers, and blocks what signals
/// can be blocked. It ends with its socket, or with the program. `actions` are the program's.
void serve_only(const Descriptor& descriptor, const SignalActions& actions);

/// The same in a process that was forked from such a one.
void serve_another(const Descriptor& descriptor);

/// In a process whose parent's number the program has sent. Throws std::system_error if it means nothing here.
void require_parent_in_namespace();

/// Readable when a child of this process has ended, in which SIGCHLD is blocked. Throws std::system_error.
Descriptor signals_of_children();
void forget_signals(const Descriptor& signals);

}  // namespace processes
