#include "processes/workers/supervisor.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

#include "processes/os/not_cancelled.hpp"
#include "processes/workers/fork_server.hpp"
#include "processes/workers/supervisor_process.hpp"

namespace processes {

namespace {

/// How long a supervisor may take to end before it is killed: freeing its workers' memory takes about 0.1 s per GB.
constexpr int patience_milliseconds = 30'000;
constexpr int for_ever = -1;
/// For a supervisor that this process may not signal: it ends by itself, unless it is stopped.
constexpr int patience_if_denied = 5'000, patience_before_kill = 2'000;
/// For workers that this process may not kill, and for numbers that may be another process's.
constexpr int least_patience = 200;

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

void Supervisor::start(const WorkerSettings& settings, const SignalActions& actions, const CallBoard& board,
                       const std::vector<SharedMemory>& shared, bool wait) {
  PacketSocket other;
  if (const auto fork_server = ForkServer::current()) {
    auto socket = fork_server->begin_supervisor();
    while (!socket && wait) {
      std::this_thread::sleep_for(PacketSocket::pause);  // lets a thread that asks for another pool have its turn
      socket = fork_server->begin_supervisor();
    }
    if (!socket) {
      throw std::system_error(ETIMEDOUT, std::generic_category(), "the program's fork server does not answer");
    }
    socket_ = std::move(*socket);
  } else if (has_one_thread()) {
    std::tie(socket_, other) = PacketSocket::open_pair();
    process_.emplace(
        [&other, &actions] {
          serve_only(other.descriptor(), actions);
          return run_supervisor(std::move(other));
        },
        Process::Seen::by_join_only);
    process_->start();
    other.close();
  } else {
    throw std::logic_error(
        fmt::format("a pool cannot be made while this program runs {}: fork copies one thread, and locks that "
                    "the others hold would stay locked in every worker. Make a processes::ForkServer first in main, "
                    "or make the pool before the first thread",
                    threads_here()));
  }

  std::string bytes;
  Encoder encoder(bytes);
  supervisor::put(encoder, {settings, ::getpid(), {}}, shared);
  const std::uint64_t size = bytes.size();
  std::string_view packet = bytes;
  std::vector<int> descriptors{board.memory().file().get()};
  for (const SharedMemory& region : shared) descriptors.push_back(region.file().get());
  // Settings that are too long for a packet are sent in shared memory, which costs a dozen system calls.
  SharedMemory memory;
  if (size > PacketSocket::most_bytes) {
    memory = SharedMemory(size);
    std::memcpy(memory.data(), bytes.data(), size);
    descriptors.push_back(memory.file().get());
    packet = bytes_of(size);
  }
  try {
    send(packet, descriptors);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::broken_pipe) throw;  // else the supervisor has sent the reason
  }
  begins_ = true;
}

void Supervisor::wait_until_begun() {
  if (!std::exchange(begins_, false)) return;
  try {
    supervisor_ = processes::wait_until_begun(socket_, "a pool's supervisor");
  } catch (const std::exception&) {
    wait_without_handle();
    throw;
  }
}

bool Supervisor::begun_within(std::chrono::milliseconds longest) {
  if (begins_ && socket_.readable_within(longest)) wait_until_begun();
  return !begins_;
}

/// Asks a supervisor without a handle to end with its workers, and waits: its socket closes then.
void Supervisor::wait_without_handle() noexcept {
  const int socket = socket_.descriptor().get();
  ::shutdown(socket, SHUT_WR);
  ssize_t received = 1;
  while (received != 0) {
    if (poll_readable(socket_.descriptor(), std::chrono::milliseconds(patience_milliseconds)) <= 0) break;
    char first = 0;
    // The rest of a packet, and its descriptors, are dropped: to wait takes no memory and no descriptor.
    received = ::recv(socket, &first, 1, MSG_DONTWAIT);
    if (received < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNRESET) break;
  }
  // After this time it is killed.
  if (process_ && received == 0) static_cast<void>(process_->join());
}

void Supervisor::send(std::string_view bytes, const std::vector<int>& descriptors, bool wait) {
  const auto gone = [] { return std::system_error(EPIPE, std::generic_category(), "the pool's supervisor has ended"); };
  const auto end = std::chrono::steady_clock::now() + PacketSocket::longest_wait_for_others;
  while (true) {
    try {
      if (!socket_.descriptor()) throw gone();
      if (socket_.send(bytes, descriptors, false)) return;
      if (!wait) throw std::system_error(EBUSY, std::generic_category(), "the pool's supervisor reads no requests");
      receive(true);  // a supervisor whose own socket is full waits for this program to read
    } catch (const std::system_error& error) {
      if (error.code() == std::errc::broken_pipe) throw gone();
      if (error.code().value() != ETOOMANYREFS || !wait || std::chrono::steady_clock::now() >= end) throw;
      std::this_thread::sleep_for(PacketSocket::pause);
      if (begins_ || supervisor_) receive(false);  // what is on its way to this program counts as well
    }
  }
}

void Supervisor::begin_worker(std::uint64_t worker, const Channel& channel, bool wait) {
  // Now, so that nothing needs memory when it has begun or is killed.
  events_.reserve(workers_.size() + 2);
  workers_.try_emplace(worker);
  try {
    send(bytes_of(supervisor::Request{supervisor::Request::Kind::begin, worker, channel.memory_size()}),
         channel.worker_descriptors(), wait);
  } catch (...) {
    workers_.erase(worker);
    throw;
  }
}

void Supervisor::kill_worker(std::uint64_t worker) {
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return;
  found->second.to_kill = found->second.killed = true;
  kills_left_ = true;
  send_kills();
}

/// Sends as many as the socket takes. The caller does not wait for a supervisor that is stopped. The rest is sent
/// later: an event follows each request in the socket.
void Supervisor::send_kills() {
  if (!kills_left_) return;
  try {
    for (auto& [worker, requested] : workers_) {
      if (!requested.to_kill) continue;
      if (!socket_.send(bytes_of(supervisor::Request{supervisor::Request::Kind::kill, worker, 0}), {}, false)) return;
      requested.to_kill = false;
    }
    kills_left_ = false;
  } catch (const std::exception&) {  // std::bad_alloc: no memory for the message of the std::system_error
    // The supervisor has ended, which next_event() reports, or the system has no memory: the next look sends the rest.
  }
}

void Supervisor::go_on_if_stopped() noexcept {
  bool is_late = false;
  for (auto& [worker, requested] : workers_) {
    const ProcessHandle& handle = requested.handle;
    const bool waits = !handle || requested.killed || (handle.descriptor() && handle.ended());
    is_late = is_late || (waits && requested.waits);
    requested.waits = waits;
  }
  if (is_late && supervisor_) static_cast<void>(supervisor_.signal(SIGCONT));
}

std::optional<SupervisorEvent> Supervisor::next_event(bool wait) {
  if (events_.empty() && socket_.descriptor() && (wait || !begins_)) receive(wait);
  if (events_.empty()) return std::nullopt;
  const SupervisorEvent event = events_.front();
  events_.erase(events_.begin());
  return event;
}

/// Reads the supervisor's events; false if there was none.
bool Supervisor::receive(bool wait) {
  wait_until_begun();
  send_kills();
  Packet& packet = packet_;  // keeps its memory: to look for events allocates nothing
  events_.emplace_back();    // its place: an event that has arrived must not be lost because there is no memory for it
  auto received = PacketSocket::Received::packet;
  try {
    received = socket_.receive(packet, wait);
  } catch (const std::exception&) {
    events_.pop_back();
    throw;
  }
  const bool is_event = received == PacketSocket::Received::packet || received == PacketSocket::Received::truncated;
  if (!is_event) events_.pop_back();
  if (received == PacketSocket::Received::nothing_yet) return false;
  if (received == PacketSocket::Received::ended) {
    lose_all();
    return true;
  }
  SupervisorEvent event;
  if (packet.bytes.size() != sizeof event) {
    events_.pop_back();
    throw std::logic_error("a supervisor sent a malformed event");
  }
  std::memcpy(&event, packet.bytes.data(), sizeof event);
  events_.back() = event;
  if (event.kind == SupervisorEvent::Kind::begun) {
    Descriptor pidfd;
    if (!packet.descriptors.empty()) pidfd = std::move(packet.descriptors.front());
    if (const auto found = workers_.find(event.worker); found != workers_.end()) {
      found->second.handle = ProcessHandle(static_cast<pid_t>(event.value), std::move(pidfd));
    }
  } else {
    workers_.erase(event.worker);
  }
  packet.descriptors.clear();
  return true;
}

/// The supervisor was killed. The kernel kills its workers, and so does this. No worker may count as dead before it is.
void Supervisor::lose_all() {
  events_.reserve(events_.size() + workers_.size() + 1);  // without memory for them, the socket shows the end again
  for (const auto& [worker, requested] : workers_) {
    if (!requested.handle) continue;  // it has not begun
    requested.handle.kill_group();
    events_.push_back({SupervisorEvent::Kind::ended_with_supervisor, ExitStatus::Kind::signalled, worker, SIGKILL});
  }
  events_.push_back({.kind = SupervisorEvent::Kind::supervisor_ended});
  stop();
}

void Supervisor::ask_to_stop() noexcept {
  const NotCancelled not_cancelled;
  try {
    // So that there is a handle to wait with. If it begins later, since the fork server or itself was stopped, it finds
    // that its socket has ended, and ends.
    if (!begun_within(PacketSocket::longest_wait_for_others)) begins_ = false;
  } catch (const std::exception&) {
    // It has not started, and ends by itself.
  }
  // The supervisor kills them too, with the processes that tasks have left running; but it must wake up first.
  for (const auto& [worker, requested] : workers_) static_cast<void>(requested.handle.signal_by_pidfd(SIGKILL));
  // close() would not end the connection while a child that the program has forked since holds a copy.
  if (socket_.descriptor()) ::shutdown(socket_.descriptor().get(), may_be_another() ? SHUT_WR : SHUT_RDWR);
}

/// Whether its number may belong to another process by now: the fork server reaps it, and there is no pidfd.
bool Supervisor::may_be_another() const noexcept { return supervisor_ && !supervisor_.descriptor() && !process_; }

void Supervisor::stop() noexcept {
  const NotCancelled not_cancelled;
  ask_to_stop();
  const bool by_socket = may_be_another();
  if (by_socket) wait_without_handle();
  socket_.close();
  if (by_socket) {
    static_cast<void>(supervisor_.wait(least_patience));  // its socket ends a moment before it does
  } else if (supervisor_) {
    const bool denied = supervisor_.signal(SIGCONT) == EPERM;  // it may have been stopped
    // It kills what tasks have left running, and needs time for that. One that can be neither resumed nor killed ends
    // when another process resumes it, which could take forever. The destructor of its Process waits as well.
    const int patience = !denied ? patience_milliseconds : process_ ? patience_before_kill : patience_if_denied;
    if (!supervisor_.wait(patience) && supervisor_.signal(SIGKILL) != EPERM) {
      static_cast<void>(supervisor_.wait(for_ever));
    }
  }
  if (!process_) supervisor_.reap_if_child();  // its fork server may have ended before it
  supervisor_.close();
  process_.reset();
  wait_for_workers();
}

/// The supervisor has reaped them, unless it was killed. Then their next parent must, which may be this program, but
/// not before the supervisor's end.
void Supervisor::wait_for_workers() noexcept {
  const auto begin = std::chrono::steady_clock::now();
  for (const auto& [worker, requested] : workers_) {
    const ProcessHandle& handle = requested.handle;
    // Without a pidfd, its number may be another process's now. It may run as a user whose processes this may not kill.
    const bool may_kill = handle.descriptor() && handle.signal_by_pidfd(SIGKILL) != EPERM;
    const auto patience = std::chrono::milliseconds(may_kill ? patience_milliseconds : least_patience);  // for all
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(begin + patience - std::chrono::steady_clock::now());
    static_cast<void>(handle.wait(static_cast<int>(std::max<std::int64_t>(rest.count(), 0))));
    handle.reap_if_child();
  }
  workers_.clear();
}

void Supervisor::forget() noexcept {
  stop();
  events_.clear();
}

void Supervisor::abandon() noexcept {
  workers_.clear();
  socket_.close();
  supervisor_.close();
}

}  // namespace processes
