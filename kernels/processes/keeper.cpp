#include "processes/keeper.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <tuple>
#include <utility>

#include "processes/keeper_process.hpp"
#include "processes/nursery.hpp"

namespace processes {

namespace {

/// How long a keeper that was told to end may take before it is killed: the memory of its workers takes the system
/// about a tenth of a second a GB.
constexpr int patience_milliseconds = 30'000;
constexpr int for_ever = -1;

/// Whether the process of that pidfd has ended.
bool wait_for_end(const Descriptor& process, int timeout_milliseconds) noexcept {
  pollfd ended{process.get(), POLLIN, 0};
  int found = 0;
  while ((found = ::poll(&ended, 1, timeout_milliseconds)) < 0 && errno == EINTR) {
  }
  return found > 0;
}

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

Keeper& Keeper::operator=(Keeper&& other) noexcept {
  if (this != &other) {
    stop();
    process_ = std::exchange(other.process_, std::nullopt);
    socket_ = std::move(other.socket_);
    ended_ = std::move(other.ended_);
    workers_ = std::move(other.workers_);
    events_ = std::move(other.events_);
  }
  return *this;
}

void Keeper::start(const WorkerSettings& settings, const Doorbell& parent, const std::vector<SharedMemory>& shared) {
  PacketSocket other;
  std::tie(socket_, other) = PacketSocket::open_pair();
  if (const Nursery* nursery = Nursery::current()) {
    nursery->begin_keeper(std::move(other));
  } else if (thread_count() == 1) {
    process_.emplace([&other] {
      keep_only(other.descriptor());
      return run_keeper(std::move(other));
    });
    process_->start();
    other.close();
  } else {
    throw std::logic_error(fmt::format(
        "a pool cannot be made while this program runs {} threads: fork copies one thread, and the locks of "
        "the others would stay locked in every worker. Make a processes::Nursery at the beginning of main, "
        "before the first thread, or the pool itself",
        thread_count()));
  }

  std::string bytes;
  Encoder encoder(bytes);
  keeper::put(encoder, {settings, ::getpid(), {}}, shared);
  const SharedMemory memory(bytes.size());
  std::memcpy(memory.data(), bytes.data(), bytes.size());
  std::vector<int> descriptors{memory.file().get(), parent.descriptor().get()};
  for (const SharedMemory& region : shared) descriptors.push_back(region.file().get());
  try {
    send(bytes_of(std::uint64_t{bytes.size()}), descriptors);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::broken_pipe) throw;  // else it has told why
  }

  Packet hello;
  if (socket_.receive(hello, true) != PacketSocket::Received::packet) {
    throw std::system_error(EPIPE, std::generic_category(), "the pool's keeper process ended before it had begun");
  }
  if (hello.descriptors.empty()) {  // the nursery, or the keeper, tells what is missing
    KeeperEvent event;
    std::memcpy(&event, hello.bytes.data(), sizeof event);
    throw std::system_error(static_cast<int>(event.value), std::generic_category(), "a pool's keeper cannot begin");
  }
  ended_ = std::move(hello.descriptors.front());
}

void Keeper::send(std::string_view bytes, const std::vector<int>& descriptors) {
  const auto gone = [] { return std::system_error(EPIPE, std::generic_category(), "the pool's keeper has gone"); };
  try {
    // A keeper whose own socket is full waits for this program to read.
    do {
      if (!socket_.descriptor()) throw gone();
    } while (!socket_.send(bytes, descriptors, false) && receive(true));
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::broken_pipe) throw gone();
    throw;
  }
}

void Keeper::begin_worker(std::uint64_t worker, const Channel& channel) {
  send(bytes_of(keeper::Request{keeper::Request::Kind::begin, worker, channel.memory_size()}),
       channel.worker_descriptors());
}

void Keeper::kill_worker(std::uint64_t worker) {
  try {
    send(bytes_of(keeper::Request{keeper::Request::Kind::kill, worker, 0}), {});
  } catch (const std::system_error&) {
    // The keeper has gone, and its workers with it; next_event() tells.
  }
}

std::optional<KeeperEvent> Keeper::next_event(bool wait) {
  if (events_.empty() && socket_.descriptor()) receive(wait);
  if (events_.empty()) return std::nullopt;
  const KeeperEvent event = events_.front();
  events_.pop_front();
  return event;
}

/// Adds to the events what the keeper has sent; false if there was nothing.
bool Keeper::receive(bool wait) {
  Packet packet;
  switch (socket_.receive(packet, wait)) {
    case PacketSocket::Received::nothing_yet:
      return false;
    case PacketSocket::Received::ended:
      lose_all();
      return true;
    case PacketSocket::Received::packet:
      break;
  }
  KeeperEvent event;
  if (packet.bytes.size() != sizeof event) throw std::logic_error("a keeper sent what is no event");
  std::memcpy(&event, packet.bytes.data(), sizeof event);
  if (event.kind == KeeperEvent::Kind::begun) workers_[event.worker] = static_cast<pid_t>(event.value);
  if (event.kind == KeeperEvent::Kind::ended) workers_.erase(event.worker);
  events_.push_back(event);
  return true;
}

/// The keeper has been killed. The kernel kills its workers; none of them may be taken for dead before it is.
void Keeper::lose_all() {
  for (const auto& [worker, pid] : workers_) {
    const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (process) wait_for_end(process, patience_milliseconds);
    events_.push_back({KeeperEvent::Kind::ended, ExitStatus::Kind::signalled, worker, SIGKILL});
  }
  workers_.clear();
  events_.push_back({.kind = KeeperEvent::Kind::keeper_ended});
  stop();
}

void Keeper::stop() noexcept {
  // To close it would not be its end while a child that the program has forked since holds a copy.
  if (socket_.descriptor()) ::shutdown(socket_.descriptor().get(), SHUT_RDWR);
  socket_.close();
  if (ended_) {
    ::syscall(SYS_pidfd_send_signal, ended_.get(), SIGCONT, nullptr, 0);  // it may have been stopped
    if (!wait_for_end(ended_, patience_milliseconds)) {
      ::syscall(SYS_pidfd_send_signal, ended_.get(), SIGKILL, nullptr, 0);
      wait_for_end(ended_, for_ever);
    }
    ended_.close();
  }
  process_.reset();
}

void Keeper::abandon() noexcept {
  socket_.close();
  ended_.close();
}

}  // namespace processes
