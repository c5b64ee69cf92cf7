// Where the pools of a program with threads are forked from.
#pragma once

#include <chrono>

#include "processes/os/packet_socket.hpp"
#include "processes/os/process.hpp"
#include "processes/os/process_mark.hpp"
#include "processes/os/shared_memory.hpp"

namespace processes {

/// A process of one thread, forked before the program has more, from which every later pool's keeper is forked. Make it
/// first in main, and let it live as long as pools are made:
///
///   int main() {
///     const processes::Nursery nursery;
///     ...                                  // TBB, OpenMP, threads of your own
///     processes::ProcessPool pool(4);      // its workers know nothing of these threads
///
/// The workers of such pools have a copy of what the program held when the nursery was made; everything else comes to
/// them as arguments or as shared memory. Any thread may make pools.
class Nursery {
 public:
  /// Throws std::logic_error if this process has more than one thread, or a nursery already; std::system_error.
  Nursery();
  Nursery(const Nursery&) = delete;
  Nursery& operator=(const Nursery&) = delete;
  ~Nursery();

  /// The nursery of this process; nullptr if there is none.
  static const Nursery* current();

  /// Has a keeper forked for the socket. If that fails, the socket's other end is told. Throws std::system_error, also
  /// if the nursery has been killed.
  void begin_keeper(PacketSocket keeper) const;

  /// The CPU time of the pools that have ended: of keepers that have been reaped, and of their workers. It holds that
  /// of a keeper before this is gone; the system tells others of it in ticks only (proc(5), cutime).
  [[nodiscard]] std::chrono::nanoseconds reaped_cpu_time() const;
  [[nodiscard]] pid_t pid() const { return process_.pid(); }

 private:
  ProcessMark mark_;
  SharedMemory reaped_cpu_time_;
  PacketSocket socket_;
  Process process_;
};

}  // namespace processes
