#include "processes/workers/supervisor_process.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "processes/os/children.hpp"
#include "processes/os/signals.hpp"
#include "processes/os/step.hpp"
#include "processes/workers/supervisor.hpp"

namespace processes {

namespace {

class SupervisorProcess {
 public:
  explicit SupervisorProcess(PacketSocket socket) : socket_(std::move(socket)), own_pid_(::getpid()) {}

  /// Reads the program's settings. False if the program has ended.
  bool begin() {
    // A process that a worker's task left running becomes the supervisor's child when the worker ends, and ends with
    // the pool. A user-mode emulator (qemu-user) does not support the call: there such a process outlives the pool.
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 && errno != EINVAL) {
      throw_system_error("prctl(PR_SET_CHILD_SUBREAPER)");
    }
    // Every worker makes this call. Try it here, where a failure can still be reported.
    if (::prctl(PR_SET_PDEATHSIG, 0) < 0) throw_system_error("prctl(PR_SET_PDEATHSIG)");
    news_.reserve(most_at_once);
    unsent_.reserve(most_at_once);
    const auto received = socket_.receive(packet_, true);
    if (received == PacketSocket::Received::truncated) PacketSocket::throw_truncated();
    if (received != PacketSocket::Received::packet) return false;
    take_settings(packet_);
    child_signals_ = signals_of_children();
    require_parent_in_namespace();  // else the program's number would be another process's here
    program_ = ProcessHandle(settings_.program);
    return static_cast<bool>(program_);
  }

  void serve() {
    while (take_requests()) {
      const auto wanted = static_cast<short>(unsent_.empty() ? POLLIN : POLLIN | POLLOUT);
      std::array<pollfd, 3> polled{
          pollfd{socket_.descriptor().get(), wanted, 0}, program_.polled(), {child_signals_.get(), POLLIN, 0}};
      const int found = ::poll(polled.data(), polled.size(), program_.poll_timeout());
      if (found < 0 && errno != EINTR) throw_system_error("poll");
      if (program_.ended(polled[1])) return;
      send_unsent();
      // First: a program that stops the pool kills its workers before it closes the socket. Their ends need no report.
      if (polled[0].revents != 0 && !take_requests()) return;
      if (polled[2].revents != 0) reap();
    }
  }

  /// Sends it, or keeps it until the program has read others: waiting for that, this would not see the program's end.
  void tell(const SupervisorEvent& event, ProcessHandle worker = {}) {
    unsent_.push_back({event, std::move(worker)});
    send_unsent();
  }

  void send_unsent() {
    const Doorbell& doorbell = doorbell_.value();
    bool sent = false;
    while (!unsent_.empty() && send_event(socket_, unsent_.front().event, unsent_.front().worker)) {
      unsent_.erase(unsent_.begin());
      doorbell.count_event();
      sent = true;
    }
    if (sent && doorbell.needed()) doorbell.ring();
  }

  void say_why_not_begun() const { processes::say_why_not_begun(socket_); }

  /// Kills and reaps every child, and orphaned descendants.
  void end_all() {
    for (const Worker& worker : workers_) kill_group(worker.pid);
    for (const Worker& worker : workers_) {
      while (::waitpid(worker.pid, nullptr, __WALL) < 0 && errno == EINTR) {
      }
    }
    while (true) {
      const pid_t ended = ::waitpid(-1, nullptr, WNOHANG | __WALL);
      if (ended < 0 && errno == ECHILD) return;
      if (ended != 0) continue;
      // Not yet reaped, so the pids are still valid. /proc may hide processes of tasks (hidepid).
      std::vector<pid_t> left = children();
      if (left.empty()) left = children_by_number();
      for (const pid_t child : left) ::kill(child, SIGKILL);
      ::waitpid(-1, nullptr, __WALL);
    }
  }

 private:
  static constexpr std::size_t most_at_once = 64;  // requests

  struct Worker {
    pid_t pid;
    std::uint64_t number;
  };
  struct Unsent {
    SupervisorEvent event;
    ProcessHandle worker;
  };

  void take_settings(Packet& first) {
    std::vector<Descriptor>& descriptors = first.descriptors;
    std::string_view bytes = first.bytes;
    SharedMemory memory;
    if (std::uint64_t size = 0;
        bytes.size() == sizeof size) {  // settings too long for a packet: see Supervisor::start()
      std::memcpy(&size, bytes.data(), sizeof size);
      memory = SharedMemory::attach(descriptors.back(), size, SharedMemory::Others::read);
      bytes = {reinterpret_cast<const char*>(memory.data()), size};
    }
    Decoder decoder(bytes);
    settings_ = supervisor::get(decoder);
    board_.emplace(descriptors.at(0));
    doorbell_.emplace(board_->memory());
    // Mapped once; workers inherit the mapping.
    for (const auto& [size, others] : settings_.shared) {
      shared_.push_back(SharedMemory::attach(descriptors.at(1 + shared_.size()), size, others));
    }
    descriptors.clear();
  }

  /// Forks all requested workers, then reports each: every message wakes the program. False once the program has closed
  /// the socket.
  bool take_requests() {
    auto taken = PacketSocket::Received::packet;
    for (std::size_t i = 0; i < most_at_once && taken == PacketSocket::Received::packet; ++i) taken = take_request();
    if (taken == PacketSocket::Received::ended) return false;
    if (!std::exchange(said_begun_, true)) processes::say_begun(socket_, ProcessHandle(own_pid_));
    for (const SupervisorEvent& event : news_) {
      // It has not been reaped yet, so its pid is valid.
      tell(event, event.kind == SupervisorEvent::Kind::begun ? ProcessHandle(static_cast<pid_t>(event.value))
                                                             : ProcessHandle());
    }
    news_.clear();
    return true;
  }

  PacketSocket::Received take_request() {
    Packet& packet = packet_;  // keeps its memory: how often it looks for requests depends on timing
    const auto received = socket_.receive(packet, false);
    // A request that arrived without the worker's descriptors must be answered.
    if (received != PacketSocket::Received::packet && received != PacketSocket::Received::truncated) return received;
    supervisor::Request request;
    std::memcpy(&request, packet.bytes.data(), sizeof request);
    if (request.kind == supervisor::Request::Kind::begin) {
      const int error = begin_worker(request, packet.descriptors);
      if (error != 0) news_.push_back({SupervisorEvent::Kind::not_begun, {}, request.worker, error});
      packet.descriptors.clear();
      return PacketSocket::Received::packet;
    }
    for (const Worker& worker : workers_) {
      if (worker.number == request.worker) kill_group(worker.pid);
    }
    return PacketSocket::Received::packet;
  }

  /// Returns 0, or errno if it cannot.
  int begin_worker(const supervisor::Request& request, std::vector<Descriptor>& descriptors) {
    if (descriptors.empty()) return EMFILE;
    try {
      make_room_for_worker();
    } catch (const std::bad_alloc&) {
      return ENOMEM;
    }
    const pid_t child = ::fork();
    if (child == 0) {
      end_child([&] { return run_child(request, std::move(descriptors)); });
    }
    if (child < 0) return errno;
    ::setpgid(child, child);  // in parent and child, so that it is done whichever runs first
    workers_.push_back({child, request.worker});
    news_.push_back({SupervisorEvent::Kind::begun, {}, request.worker, child});
    return 0;
  }

  /// Before the fork: an error after it, or when a worker ends, would cost the other workers.
  void make_room_for_worker() {
    if (workers_.size() == workers_.capacity()) workers_.reserve(2 * workers_.size() + 1);
    // An event for each request that was taken and for each worker's end, if the program reads none.
    const std::size_t most_unsent = unsent_.size() + most_at_once + workers_.capacity();
    if (most_unsent > unsent_.capacity()) unsent_.reserve(2 * most_unsent);
  }

  int run_child(const supervisor::Request& request, std::vector<Descriptor> descriptors) {
    reach(Step::worker_forked);
    if (!end_with_parent(own_pid_)) return 1;
    // Its own process group: processes that a task leaves running are killed with it. A signal to the program's group
    // does not reach it.
    ::setpgid(0, 0);
    socket_.close();
    program_.close();
    child_signals_.close();
    set_signal_actions(settings_.worker.signals);
    // It is a background job of a terminal from now on: reading from the terminal must fail and not stop it.
    std::signal(SIGTTIN, SIG_IGN);
    std::signal(SIGTTOU, SIG_IGN);
    set_shared_memory(std::move(shared_));
    if (settings_.worker.transport.transport == Transport::pipe) {
      for (Descriptor& each : descriptors) each = at_a_rare_number(std::move(each));
    }
    port_ = Port::open(settings_.worker.transport, std::move(descriptors), request.memory_size, *board_);
    try {
      return run_worker(settings_.worker, *port_, own_pid_);
    } catch (const PoolEnded&) {
      return 0;  // the supervisor is about to end this worker
    }
  }

  void reap() {
    forget_signals(child_signals_);
    int status = 0;
    for (pid_t child = 0; (child = ::waitpid(-1, &status, WNOHANG | __WALL)) > 0;) {
      const auto worker = std::ranges::find(workers_, child, &Worker::pid);
      if (worker == workers_.end()) continue;  // a process that a task left running
      const ExitStatus ended = exit_status_of(status);
      const std::uint64_t number = worker->number;
      // First, since its process number is another one's from now on, and to report may throw.
      workers_.erase(worker);
      tell({SupervisorEvent::Kind::ended, ended.kind, number, ended.value});
    }
  }

  /// Kills a worker that has not been reaped, and the processes of its tasks in its group.
  static void kill_group(pid_t worker) {
    ::kill(-worker, SIGKILL);
    ::kill(worker, SIGKILL);  // it may have left its group
  }

  PacketSocket socket_;
  pid_t own_pid_;
  supervisor::Settings settings_;
  std::optional<CallBoard> board_;
  std::optional<Doorbell> doorbell_;
  std::vector<SharedMemory> shared_;
  Descriptor child_signals_;
  ProcessHandle program_;
  bool said_begun_ = false;
  Packet packet_;                      // the last one that was received
  std::vector<SupervisorEvent> news_;  // not reported yet
  std::vector<Unsent> unsent_;         // reported while the socket was full
  std::vector<Worker> workers_;        // not reaped yet
  std::unique_ptr<Port> port_;         // in a worker: open until the process ends, which reports a status
};

}  // namespace

int run_supervisor(PacketSocket socket) {
  SupervisorProcess supervisor(std::move(socket));
  try {
    if (!supervisor.begin()) return 0;
  } catch (const std::exception&) {
    supervisor.say_why_not_begun();
    return 1;
  }
  try {
    supervisor.serve();
  } catch (const std::exception& error) {
    supervisor.end_all();
    // The program ended while it was sent something. Other errors go to standard error.
    const auto* const failure = dynamic_cast<const std::system_error*>(&error);
    if (failure == nullptr || failure->code().value() != EPIPE) throw;
  }
  supervisor.end_all();
  return 0;
}

}  // namespace processes
