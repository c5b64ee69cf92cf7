// The process that the pools of a multi-threaded program are forked from.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "processes/os/forks/process_mark.hpp"
#include "processes/os/memory/shared_memory.hpp"
#include "processes/os/packet_socket.hpp"
#include "processes/os/process.hpp"

namespace processes {

/// A single-threaded process, forked before the program has threads. The supervisors of all later pools are forked from
/// it. Make it first in main, and keep it alive as long as pools are made:
///
///   int main() {
///     const processes::ForkServer fork_server;
///     ...                                  // TBB, OpenMP, threads of your own
///     processes::ProcessPool pool(4);      // its workers know nothing of these threads
///
/// Workers of such pools have a copy of the program's memory as it was when the fork server was made. All else reaches
/// them as arguments or as shared memory. Any thread may make pools.
class ForkServer {
 public:
  /// Throws std::logic_error if this process has more than one thread or a fork server already; std::system_error.
  ForkServer();
  ForkServer(const ForkServer&) = delete;
  ForkServer& operator=(const ForkServer&) = delete;
  /// Ends the fork server, also if it is stopped or this program may not kill it any more. Pools that exist go on.
  /// Other threads may ask it for supervisors meanwhile, and get NeverStarts.
  ~ForkServer();

  /// The program's end. Who uses it shares it with the ForkServer, which another thread may destroy meanwhile.
  class Connection;

  /// With the fork server of this process; nullptr if there is none.
  static std::shared_ptr<const Connection> current();

  /// The same as the connection's.
  [[nodiscard]] std::optional<PacketSocket> begin_supervisor() const;
  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  static constexpr std::chrono::milliseconds patience{100};

 private:
  void end() noexcept;

  ProcessMark mark_;
  std::shared_ptr<const Connection> connection_;
  std::unique_ptr<Process> process_;  // not destroyed if it cannot be killed: that would wait for its end
};

class ForkServer::Connection {
 public:
  /// Makes the fork server fork a supervisor. Returns the program's end of its socket before that is forked; if the
  /// fork fails, the socket says so. Nothing if the fork server does not answer within patience, which includes the
  /// wait for other threads that ask: it may be stopped, and a later call returns that supervisor. The program never
  /// has the other end, of which a child that another thread forks would keep a copy: the socket would not end with the
  /// supervisor. Throws std::system_error if the fork server has no socket or memory, NeverStarts if it has ended.
  [[nodiscard]] std::optional<PacketSocket> begin_supervisor() const;

  /// The CPU time of ended pools: of reaped supervisors and of their workers. It is added before the supervisor
  /// disappears from /proc. The system itself reports it to others in clock ticks only (proc(5), cutime).
  [[nodiscard]] std::chrono::nanoseconds reaped_cpu_time() const;
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  friend ForkServer;

  SharedMemory reaped_cpu_time_;
  PacketSocket socket_;
  pid_t pid_ = -1;
  mutable std::timed_mutex asking_;  // one request and its answer at a time
  mutable bool asked_ = false;       // the answer has not come yet
};

}  // namespace processes
