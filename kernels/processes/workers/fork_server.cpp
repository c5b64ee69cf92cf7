#include "processes/workers/fork_server.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <tuple>
#include <utility>

#include "processes/os/children.hpp"
#include "processes/os/not_cancelled.hpp"
#include "processes/os/process_handle.hpp"
#include "processes/os/signals.hpp"
#include "processes/workers/supervisor.hpp"
#include "processes/workers/supervisor_process.hpp"

namespace processes {

namespace {

/// How long the fork server may take to reap supervisors and to end before it is killed, and after that.
constexpr int patience_to_end_ms = 2'000;
constexpr int patience_after_kill_ms = 30'000;

/// In nanoseconds. The fork server's process writes it, the program reads it.
using CpuTime = std::atomic<std::int64_t>;
static_assert(CpuTime::is_always_lock_free, "a lock must not be shared by two processes");

CpuTime& cpu_time_in(const SharedMemory& memory) { return *reinterpret_cast<CpuTime*>(memory.data()); }

std::chrono::nanoseconds duration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

/// Reaps the supervisors that have ended. The kernel must not do it (SIGCHLD ignored): then their CPU times would not
/// be added to the fork server's.
void reap(CpuTime& cpu_time) {
  while (true) {
    siginfo_t ended{};
    rusage used{};
    // glibc's waitid() has no rusage; the system call has. It includes the children that the supervisor has reaped.
    const auto found = ::syscall(SYS_waitid, P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT, &used);
    if (found < 0 || ended.si_pid == 0) return;
    cpu_time += (duration(used.ru_utime) + duration(used.ru_stime)).count();
    ::waitpid(ended.si_pid, nullptr, 0);
  }
}

/// Waits for a packet, and reaps supervisors that end meanwhile; false once the socket or the program has ended.
bool receive(const PacketSocket& socket, const ProcessHandle& program, const Descriptor& child_signals,
             CpuTime& cpu_time, Packet& packet) {
  while (true) {
    // Polls the program's end as well: a child that it forked may keep its end of the socket open.
    std::array<pollfd, 3> polled{
        pollfd{socket.descriptor().get(), POLLIN, 0}, program.polled(), {child_signals.get(), POLLIN, 0}};
    const int found = ::poll(polled.data(), polled.size(), program.poll_timeout());
    if (found < 0 && errno != EINTR) throw_system_error("poll");
    if (polled[2].revents != 0) {
      forget_signals(child_signals);
      reap(cpu_time);
    }
    if (program.ended(polled[1])) return false;
    if (polled[0].revents != 0) return socket.receive(packet, true) == PacketSocket::Received::packet;
  }
}

/// Sends the program one end of a socket for a supervisor, and returns the supervisor's; nothing if it sent an error.
std::optional<PacketSocket> open_socket(const PacketSocket& program) {
  try {
    auto [programs, supervisors] = PacketSocket::open_pair();
    static_cast<void>(program.send("socket", {programs.descriptor().get()}, true));
    return std::move(supervisors);
  } catch (const std::exception&) {
    say_why_not_begun(program);
    return std::nullopt;
  }
}

/// Forks a supervisor for every request, until the program ends.
void serve(const PacketSocket& socket, const ProcessHandle& program, const Descriptor& child_signals, CpuTime& cpu_time,
           Packet& packet) {
  while (receive(socket, program, child_signals, cpu_time, packet)) {
    std::optional<PacketSocket> supervisor = open_socket(socket);
    if (!supervisor) continue;
    const pid_t child = ::fork();
    if (child == 0) {
      end_child([&] {
        serve_another(supervisor->descriptor());
        return run_supervisor(std::move(*supervisor));
      });
    }
    if (child > 0) continue;
    try {
      say_not_begun(*supervisor, errno);
    } catch (const std::exception&) {
      // The program has given this supervisor up already. Others may follow.
    }
  }
}

/// Says that the fork server has begun, or why it cannot; then serves. Returns the exit code.
int run_fork_server(const PacketSocket& socket, pid_t parent, CpuTime& cpu_time) {
  Descriptor child_signals;
  Packet packet;
  try {
    child_signals = signals_of_children();
    require_parent_in_namespace();
    // Now, so that a request that has arrived can be taken, and answered, without memory.
    packet.bytes.reserve(PacketSocket::most_bytes);
    packet.descriptors.reserve(PacketSocket::most_descriptors);
  } catch (const std::exception&) {
    say_why_not_begun(socket);
    return 1;
  }
  const ProcessHandle program(parent);
  if (!program || ::getppid() != parent) return 0;
  say_begun(socket, ProcessHandle());  // no pidfd: the program is its parent and has a handle already
  try {
    serve(socket, program, child_signals, cpu_time, packet);
  } catch (const std::system_error& error) {
    if (error.code().value() != EPIPE) throw;  // else the program has ended
  } catch (const std::bad_alloc&) {
    // There is no memory to say which call has failed. As a rule, the program has ended.
  }
  reap(cpu_time);  // else a program that adopts orphans, as process 1 of a container does, would have to
  return 0;
}

/// The connection of one process with its fork server.
struct Current {
  Current* inherited = nullptr;  ///< that of a forked child's parent
  ProcessMark mark;
  std::mutex mutex;
  std::shared_ptr<const ForkServer::Connection> connection;
};

/// Never freed: a ForkServer with static storage may need it late.
std::atomic<Current*> current_of_the_program = nullptr;

/// That of this process; nullptr if it never had a fork server. A forked child does not use its parent's, whose lock
/// another thread may have held.
Current* current_here() {
  Current* const current = current_of_the_program;
  return current != nullptr && current->mark.here() ? current : nullptr;
}

/// Call it with one thread.
void make_current(std::shared_ptr<const ForkServer::Connection> connection) {
  Current* current = current_here();
  if (current == nullptr) {
    current = new Current;
    current->inherited = current_of_the_program;
    current_of_the_program = current;
  }
  const std::scoped_lock lock(current->mutex);
  current->connection = std::move(connection);
}

/// For a forked child: gives up its parent's connection, unless another thread held its lock, or was asking the fork
/// server, at the fork.
void leave_inherited(const std::shared_ptr<const ForkServer::Connection>& connection) {
  for (Current* current = current_of_the_program; current != nullptr; current = current->inherited) {
    if (current->mark.here()) continue;
    const std::unique_lock lock(current->mutex, std::try_to_lock);
    if (lock && current->connection == connection) current->connection.reset();
  }
}

/// False if it is denied.
bool signalled(Process& process, int number) noexcept {
  try {
    process.signal(number);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

ForkServer::ForkServer() {
  if (!has_one_thread()) {
    throw std::logic_error(fmt::format(
        "a fork server cannot be made while this program runs {}: make it before the program's first thread",
        threads_here()));
  }
  if (current() != nullptr) throw std::logic_error("this program has a fork server already: all pools share one");
  const auto connection = std::make_shared<Connection>();
  PacketSocket other;
  std::tie(connection->socket_, other) = PacketSocket::open_pair();
  connection->reaped_cpu_time_ = SharedMemory(sizeof(CpuTime));
  CpuTime& cpu_time = *new (connection->reaped_cpu_time_.data()) CpuTime(0);
  process_ = std::make_unique<Process>(
      [&other, &cpu_time, parent = ::getpid(), actions = signal_actions()] {
        serve_only(other.descriptor(), actions);
        return run_fork_server(other, parent, cpu_time);
      },
      Process::Seen::by_join_only);
  process_->start();
  other.close();
  connection->pid_ = process_->pid();
  static_cast<void>(wait_until_begun(connection->socket_, "a fork server"));
  connection_ = connection;
  make_current(connection);
}

ForkServer::~ForkServer() {
  if (mark_.here()) end();
  leave_inherited(connection_);  // a forked copy of the program does not own the process
}

/// Lets its process end by itself: it first reaps the supervisors of ended pools, and a program that has dropped its
/// privileges may not kill it.
void ForkServer::end() noexcept {
  const NotCancelled not_cancelled;
  if (Current* const current = current_here()) {
    const std::scoped_lock lock(current->mutex);
    current->connection.reset();
  }
  // Wakes threads that ask, and the last of them closes it. close() would not end the connection while a child that the
  // program has forked since holds a copy.
  ::shutdown(connection_->socket_.descriptor().get(), SHUT_RDWR);
  // Only to wait. Another wait(2) of the program may have reaped it, and its pid may be another process's.
  const ProcessHandle handle = is_child(process_->pid()) ? ProcessHandle(process_->pid()) : ProcessHandle();
  static_cast<void>(signalled(*process_, SIGCONT));  // it may be stopped; also allowed to another user of its session
  if (handle.wait(patience_to_end_ms)) return;
  if (signalled(*process_, SIGKILL) && handle.wait(patience_after_kill_ms)) return;
  static_cast<void>(process_.release());  // it ends when it goes on; to wait for that could take forever
}

std::shared_ptr<const ForkServer::Connection> ForkServer::current() {
  Current* const current = current_here();
  if (current == nullptr) return nullptr;
  const std::scoped_lock lock(current->mutex);
  return current->connection;
}

std::optional<PacketSocket> ForkServer::begin_supervisor() const { return connection_->begin_supervisor(); }

std::chrono::nanoseconds ForkServer::Connection::reaped_cpu_time() const {
  return std::chrono::nanoseconds(cpu_time_in(reaped_cpu_time_).load());
}

std::optional<PacketSocket> ForkServer::Connection::begin_supervisor() const {
  const NotCancelled not_cancelled;  // else an answer could be lost
  const auto end = std::chrono::steady_clock::now() + patience;
  const std::unique_lock lock(asking_, patience);
  if (!lock) return std::nullopt;
  const auto gone = [] { return NeverStarts(EPIPE, std::generic_category(), "the program's fork server has ended"); };
  Packet answer;
  try {
    if (!asked_) static_cast<void>(socket_.send("supervisor", {}, true));
    asked_ = true;
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (!socket_.readable_within(rest)) return std::nullopt;
    const auto received = socket_.receive(answer, true);
    asked_ = false;
    if (received == PacketSocket::Received::ended) throw gone();
    if (received == PacketSocket::Received::truncated) PacketSocket::throw_truncated();
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::broken_pipe) throw gone();
    throw;
  }
  if (answer.descriptors.empty()) throw_not_begun(answer, "a pool's supervisor");
  return PacketSocket(std::move(answer.descriptors.front()));
}

}  // namespace processes
