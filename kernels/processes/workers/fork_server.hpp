// Where the pools of a program with threads are forked from.
#pragma once

#include <chrono>

#include "processes/os/memory/shared_memory.hpp"
#include "processes/os/packet_socket.hpp"
#include "processes/os/process.hpp"
#include "processes/os/process_mark.hpp"

namespace processes {

/// A process of one thread, forked before the program has more, from which every later pool's supervisor is forked.
/// Make it first in main, and let it live as long as pools are made:
///
///   int main() {
///     const processes::ForkServer fork_server;
///     ...                                  // TBB, OpenMP, threads of your own
///     processes::ProcessPool pool(4);      // its workers know nothing of these threads
///
/// The workers of such pools have a copy of what the program held when the fork server was made; everything else comes
/// to them as arguments or as shared memory. Any thread may make pools.
class ForkServer {
 public:
  /// Throws std::logic_error if this process has more than one thread, or a fork server already; std::system_error.
  ForkServer();
  ForkServer(const ForkServer&) = delete;
  ForkServer& operator=(const ForkServer&) = delete;
  ~ForkServer();

  /// The fork server of this process; nullptr if there is none.
  static const ForkServer* current();

  /// Has a supervisor forked for the socket. If that fails, the socket's other end is notified. Throws
  /// std::system_error, also if the fork server has been killed.
  void begin_supervisor(PacketSocket supervisor) const;

  /// The CPU time of the pools that have ended: of supervisors that have been reaped, and of their workers. It holds
  /// that of a supervisor before this is gone; the system tells others of it in ticks only (proc(5), cutime).
  [[nodiscard]] std::chrono::nanoseconds reaped_cpu_time() const;
  [[nodiscard]] pid_t pid() const { return process_.pid(); }

 private:
  ProcessMark mark_;
  SharedMemory reaped_cpu_time_;
  PacketSocket socket_;
  Process process_;
};

}  // namespace processes
