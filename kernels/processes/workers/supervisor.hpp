// The supervisor: a single-threaded process that forks a pool's workers, reaps them, and ends them with the pool.
//
// (a single-threaded program)
//   program ──fork──▶ fork server ──fork──▶ supervisor ──fork──▶ worker   (a ForkServer, made before the threads)
//
// Why a separate process: fork copies one thread, and every lock that another thread holds at that moment stays locked
// in the child forever. The program may have threads by the time when a dead worker must be replaced; the supervisor
// never has any. A fork also copies the page tables: the supervisor has only what the program had when the pool was
// made, so replacements start as fast as the first workers did.
//
// When the pool or the program ends, the supervisor kills all workers and all processes that their tasks have left
// running. If the supervisor itself is killed, the kernel kills its workers (prctl(2), PR_SET_PDEATHSIG, which signals
// the end of the parent's thread: the supervisor has only one), but nobody knows the processes that their tasks have
// started: these go on. The supervisor alone waits for workers, and only for its own: the program's SIGCHLD handling is
// not changed.
//
// Supervisors and workers keep the standard streams and what the pool gave them. They close every other descriptor of
// the program, so that they hold no pipe open. They have process groups of their own: Ctrl-C, and any other signal to
// the program's group, reaches the program only, and they end with it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <vector>

#include "processes/os/packet_socket.hpp"
#include "processes/os/process.hpp"
#include "processes/os/process_handle.hpp"
#include "processes/os/signals.hpp"
#include "processes/transport/channel.hpp"
#include "processes/workers/supervisor_events.hpp"
#include "processes/workers/worker.hpp"

namespace processes {

/// The program's end of its connection with one supervisor.
class Supervisor {
 public:
  Supervisor() = default;
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  ~Supervisor() { stop(); }

  /// Starts a supervisor without waiting for it. `actions` are the program's signal actions. Throws std::logic_error if
  /// the program has several threads and no fork server, since a fork would not be safe; NeverStarts;
  /// std::system_error. If the fork server does not answer, this waits for it with `wait`; otherwise ETIMEDOUT.
  void start(const WorkerSettings& settings, const SignalActions& actions, const CallBoard& board,
             const std::vector<SharedMemory>& shared, bool wait);
  /// Waits until the supervisor has started; next_event() does so too. Throws std::system_error if it cannot start.
  void wait_until_begun();
  /// The same, but false if it has not started within that time.
  [[nodiscard]] bool begun_within(std::chrono::milliseconds longest);

  /// Requests a worker; the event begun or not_begun answers. Throws std::system_error: EPIPE if the supervisor has
  /// ended, ETOOMANYREFS if too many descriptors are in flight, EBUSY if the supervisor has not read earlier requests.
  /// With `wait`, it waits a second before ETOOMANYREFS, and for a supervisor that reads no requests.
  void begin_worker(std::uint64_t worker, const Channel& channel, bool wait);

  /// Requests the end of a worker that may live; the event ended answers. Never waits.
  void kill_worker(std::uint64_t worker);

  /// Lets a supervisor go on that may be stopped, as a task can do: if a worker had ended, was to be killed or
  /// requested at the last call already, and no event has said so yet.
  void go_on_if_stopped() noexcept;

  /// Returns nothing if there is no event and `wait` is false.
  std::optional<SupervisorEvent> next_event(bool wait);

  /// Kills the workers and asks the supervisor to end. Its earlier events can still be read.
  void ask_to_stop() noexcept;
  /// The same, and waits until all have ended.
  void stop() noexcept;
  /// The same, and forgets what it has not reported: start() may follow.
  void forget() noexcept;
  /// In a forked copy of the program: forgets the parent's supervisor.
  void abandon() noexcept;

  /// Readable when there is an event, unless has_event().
  [[nodiscard]] const Descriptor& descriptor() const { return socket_.descriptor(); }
  [[nodiscard]] bool has_event() const { return !events_.empty(); }

 private:
  struct Requested {
    ProcessHandle handle = {};  // empty until it has begun
    bool to_kill = false;       // a request that is not sent yet
    bool killed = false;        // requested
    bool waits = false;         // at the last look, for an event that the supervisor owes
  };

  void send(std::string_view bytes, const std::vector<int>& descriptors, bool wait = true);
  void send_kills();
  bool receive(bool wait);
  void lose_all();
  void wait_without_handle() noexcept;
  void wait_for_workers() noexcept;
  [[nodiscard]] bool may_be_another() const noexcept;

  std::optional<Process> process_;  // empty if a fork server forked it
  PacketSocket socket_;
  bool begins_ = false;  // its first message was not read yet
  ProcessHandle supervisor_;
  std::unordered_map<std::uint64_t, Requested> workers_;  // and not ended
  bool kills_left_ = false;                               // some requests to kill are not sent yet
  std::vector<SupervisorEvent> events_;                   // not yet returned
  Packet packet_;                                         // the last one that was received
};

}  // namespace processes
