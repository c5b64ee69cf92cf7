#include "processes/nursery.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <tuple>

#include "processes/keeper.hpp"
#include "processes/keeper_process.hpp"

namespace processes {

namespace {

std::atomic<const Nursery*> nursery_of_the_program = nullptr;

/// Waits for a packet, and for keepers that end meanwhile; false once the socket or the program has ended.
bool receive(const PacketSocket& socket, const Descriptor& program, const Descriptor& child_signals, Packet& packet) {
  while (true) {
    // The program's end as well, since a child that it forked may hold its end of the socket open.
    std::array<pollfd, 3> polled{
        pollfd{socket.descriptor().get(), POLLIN, 0}, {program.get(), POLLIN, 0}, {child_signals.get(), POLLIN, 0}};
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) throw_system_error("poll");
    if (polled[2].revents != 0) {
      forget_signals(child_signals);
      // Reaped here and not by the kernel, so that the times of keepers and workers are added to the nursery's.
      while (::waitpid(-1, nullptr, WNOHANG) > 0) {
      }
    }
    if (polled[1].revents != 0) return false;
    if (polled[0].revents != 0) return socket.receive(packet, true) == PacketSocket::Received::packet;
  }
}

/// Forks a keeper for every socket that it is sent, until the program ends.
int run_nursery(const PacketSocket& socket, pid_t parent) {
  const Descriptor child_signals = signals_of_children();
  const Descriptor program(static_cast<int>(::syscall(SYS_pidfd_open, parent, 0)));
  if (!program || ::getppid() != parent) return 0;
  Packet packet;
  while (receive(socket, program, child_signals, packet)) {
    PacketSocket keeper(std::move(packet.descriptors.at(0)));
    const pid_t child = ::fork();
    if (child == 0) {
      end_child([&] {
        keep_only(keeper.descriptor());
        return run_keeper(std::move(keeper));
      });
    }
    if (child < 0) {
      const KeeperEvent event{KeeperEvent::Kind::not_begun, {}, 0, errno};
      static_cast<void>(keeper.send({reinterpret_cast<const char*>(&event), sizeof event}, {}, false));
    }
  }
  return 0;
}

}  // namespace

Nursery::Nursery() : process_([] { return 0; }) {
  if (const std::size_t threads = thread_count(); threads != 1) {
    throw std::logic_error(fmt::format(
        "a nursery cannot be made while this program runs {} threads: make it before the first one", threads));
  }
  if (current() != nullptr) throw std::logic_error("this program has a nursery already: one is enough for all pools");
  PacketSocket other;
  std::tie(socket_, other) = PacketSocket::open_pair();
  process_ = Process([&other, parent = ::getpid()] {
    keep_only(other.descriptor());
    return run_nursery(other, parent);
  });
  process_.start();
  nursery_of_the_program = this;
}

Nursery::~Nursery() {
  if (nursery_of_the_program == this) nursery_of_the_program = nullptr;
}

const Nursery* Nursery::current() {
  const Nursery* nursery = nursery_of_the_program;
  return nursery != nullptr && nursery->mark_.here() ? nursery : nullptr;
}

void Nursery::begin_keeper(PacketSocket keeper) const {
  static_cast<void>(socket_.send("keeper", {keeper.descriptor().get()}, true));
}

}  // namespace processes
