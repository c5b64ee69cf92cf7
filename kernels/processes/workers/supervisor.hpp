// The supervisor: a process of one thread that forks a pool's workers, reaps them, and ends them with the pool.
//
//   program ──fork──▶ supervisor ──fork──▶ worker                        (a program of one thread)
//   program ──fork──▶ fork server ──fork──▶ supervisor ──fork──▶ worker   (a ForkServer, made before the threads)
//
// Why a process of its own: fork copies one thread, and every lock that another one holds at that moment stays locked
// in the child for ever. A replacement for a worker that died may be needed when the program has long had threads; the
// supervisor never has any. It also copies only what the program held when the supervisor began, however much it holds
// by now, so that replacements start as the first workers did.
//
// Nothing outlives the pool: the supervisor polls the program's end, kills all workers then, and whatever their tasks
// have left running; if the supervisor itself is killed, the kernel kills its workers (prctl(2), PR_SET_PDEATHSIG; the
// supervisor has one thread, so the signal means its end and nothing else). Only the supervisor waits for workers, and
// only for them: the program's SIGCHLD is not touched.
//
// Supervisors and workers hold the standard streams and what the pool gave them; every other descriptor of the program
// is closed in them, so that they hold open no pipe of anybody. They are in process groups of their own: Ctrl-C, and
// any other signal to the program's group, is the program's to handle, and they end with it.
#pragma once

#include <cstdint>
#include <deque>
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
#include "processes/workers/worker.hpp"

namespace processes {

/// What a supervisor tells of a worker.
struct SupervisorEvent {
  enum class Kind : std::uint32_t {
    begun,             ///< value: the pid; worker 0 is the supervisor itself
    not_begun,         ///< value: errno of fork or of what prepared it
    ended,             ///< status
    supervisor_ended,  ///< and all its workers with it, by SIGKILL
  };

  Kind kind = Kind::ended;
  ExitStatus::Kind status_kind = ExitStatus::Kind::exited;
  std::uint64_t worker = 0;
  std::int64_t value = 0;

  [[nodiscard]] ExitStatus status() const { return {status_kind, static_cast<int>(value)}; }
};

/// Sends an event about a process, with a pidfd if there is one: without it where too many are on their way.
void send_event(const PacketSocket& socket, const SupervisorEvent& event, const ProcessHandle& process);

/// The first that a supervisor or a fork server tells: that it has begun, with a pidfd of itself if there is one; or
/// why it cannot begin.
void say_begun(const PacketSocket& socket, const ProcessHandle& self);
void say_not_begun(const PacketSocket& socket, const std::system_error& error);

/// Waits for one of these; a handle to the process that has begun. Throws std::system_error if none has.
ProcessHandle wait_until_begun(const PacketSocket& socket, const std::string& what);

/// The program's end of its connection with one supervisor.
class Supervisor {
 public:
  Supervisor() = default;
  Supervisor(Supervisor&&) = default;
  Supervisor& operator=(Supervisor&& other) noexcept;
  ~Supervisor() { stop(); }

  /// `actions` are what this program does with signals now. Throws std::logic_error when it has several threads and no
  /// fork server: a fork would not be safe; std::system_error. It begins while the program goes on.
  void start(const WorkerSettings& settings, const SignalActions& actions, const CallBoard& board,
             const std::vector<SharedMemory>& shared);
  /// Waits until it has begun, if nobody has yet; next_event() does so too. Throws std::system_error where it cannot.
  void wait_until_begun();

  /// Asks for a worker; begun or not_begun answers. Throws std::system_error (EPIPE when the supervisor has gone).
  void begin_worker(std::uint64_t worker, const Channel& channel);

  /// Asks for the end of a worker that may live; ended answers.
  void kill_worker(std::uint64_t worker);

  /// Nothing if `wait` is false and nothing has happened.
  std::optional<SupervisorEvent> next_event(bool wait);

  /// Kills the workers, and has the supervisor end. What it reported before can still be read.
  void ask_to_stop() noexcept;
  /// The same, and waits for all their ends.
  void stop() noexcept;
  /// In a forked copy of the program: forgets a supervisor that is not its own.
  void abandon() noexcept;

  /// Readable when something has happened, unless has_event() says so.
  [[nodiscard]] const Descriptor& descriptor() const { return socket_.descriptor(); }
  [[nodiscard]] bool has_event() const { return !events_.empty(); }

 private:
  void send(std::string_view bytes, const std::vector<int>& descriptors);
  bool receive(bool wait);
  void lose_all();
  void wait_without_handle() noexcept;

  std::optional<Process> process_;  // unless a fork server forked it
  PacketSocket socket_;
  bool begins_ = false;  // and has not said so
  ProcessHandle supervisor_;
  std::unordered_map<std::uint64_t, ProcessHandle> workers_;  // that live
  std::deque<SupervisorEvent> events_;                        // not yet taken
};

}  // namespace processes
