// Replaces workers/fork_server.cpp: supervisors and their workers are threads, and nothing is forked. They follow the
// protocol of workers/supervisor_process.cpp, so the program's end is the library's own.
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csetjmp>
#include <csignal>
#include <cstring>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "one_mapping.hpp"
#include "processes/os/memory/futex.hpp"
#include "processes/workers/fork_server.hpp"
#include "processes/workers/supervisor.hpp"
#include "processes/workers/supervisor_process.hpp"
#include "worker_threads.hpp"

namespace processes {
namespace {

/// The program's substitute for a pidfd: readable once the thread has ended.
class Ending {
 public:
  Ending() : descriptor_(::eventfd(0, EFD_CLOEXEC)) {
    if (!descriptor_) throw_system_error("eventfd");
  }

  [[nodiscard]] const Descriptor& descriptor() const { return descriptor_; }
  void say() const {
    // A process that finds by poll(2) that another has ended sees all of its writes.
    __tsan_release(&threads::ends_of_processes);
    const std::uint64_t one = 1;
    write_all(descriptor_, {reinterpret_cast<const char*>(&one), sizeof one});
  }

 private:
  Descriptor descriptor_;
};

/// Larger than any pid of Linux.
constexpr pid_t no_pid = 1 << 30;

struct WorkerThread {
  explicit WorkerThread(std::uint64_t number) : id(number), random(static_cast<unsigned>(number)) {}

  std::uint64_t id;
  std::minstd_rand random;
  std::jmp_buf end{};
  std::atomic<bool> killed = false;
  std::atomic<Port*> port = nullptr;
  std::unique_ptr<Port> owned_port;  // outlives the thread: a process's memory exists until it has ended
  ExitStatus status{ExitStatus::Kind::signalled, SIGKILL};  // unless it ends by itself
  Ending ending;
  std::thread thread;
};

thread_local WorkerThread* worker_here = nullptr;

void live(WorkerThread& worker, const WorkerSettings& settings, std::vector<Descriptor>& descriptors,
          std::size_t memory_size, const CallBoard& board) {
  reach(Step::worker_forked);
  try {
    worker.owned_port = Port::open(settings.transport, std::move(descriptors), memory_size, board);
    worker.port.store(worker.owned_port.get(), std::memory_order_release);
    worker.status = {ExitStatus::Kind::exited, run_worker(settings, *worker.owned_port, ::getppid())};
  } catch (const std::exception&) {
    worker.status = {ExitStatus::Kind::exited, 1};
  }
}

/// A killed process runs no destructors, so this jumps over them. What they would have freed is leaked, which is not
/// checked here.
void live_until_killed(WorkerThread& worker, const WorkerSettings& settings, std::vector<Descriptor>& descriptors,
                       std::size_t memory_size, const CallBoard& board) {
  worker_here = &worker;
  // NOLINTNEXTLINE(modernize-avoid-setjmp-longjmp)
  if (setjmp(worker.end) == 0) live(worker, settings, descriptors, memory_size, board);
  worker_here = nullptr;
}

class SupervisorThread {
 public:
  explicit SupervisorThread(PacketSocket socket) : socket_(std::move(socket)), thread_([this] { run(); }) {}
  SupervisorThread(const SupervisorThread&) = delete;
  SupervisorThread& operator=(const SupervisorThread&) = delete;
  ~SupervisorThread() { thread_.join(); }

  void kill() {
    killed_ = true;
    write_exit(nobody);
  }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  static constexpr std::uint64_t nobody = 0;

  void run() {
    if (begin()) serve();
    if (killed_) socket_.close();
    end_all();
    socket_.close();
    board_.reset();
    ending_.say();
    ended_ = true;
  }

  bool begin() {
    Packet first;
    if (socket_.receive(first, true) != PacketSocket::Received::packet) return false;
    SharedMemory memory;
    std::string_view bytes = first.bytes;
    if (std::uint64_t size = 0; bytes.size() == sizeof size) {
      std::memcpy(&size, bytes.data(), sizeof size);
      memory = SharedMemory::attach(first.descriptors.back(), size, SharedMemory::Others::read);
      bytes = {reinterpret_cast<const char*>(memory.data()), size};
    }
    Decoder decoder(bytes);
    settings_ = supervisor::get(decoder);
    board_.emplace(first.descriptors.at(0));
    doorbell_.emplace(board_->memory());
    send({SupervisorEvent::Kind::begun, {}, 0, no_pid}, ending_.descriptor());
    return true;
  }

  void serve() {
    while (!killed_) {
      std::array<pollfd, 2> polled{{{socket_.descriptor().get(), POLLIN, 0}, {exits_.reader.get(), POLLIN, 0}}};
      ::poll(polled.data(), polled.size(), wake_killed() ? 1 : -1);
      if (polled[1].revents != 0) reap(true);
      if (polled[0].revents != 0 && !take_request()) return;
    }
  }

  bool take_request() {
    Packet packet;
    const auto received = socket_.receive(packet, false);
    if (received != PacketSocket::Received::packet) return received == PacketSocket::Received::nothing_yet;
    supervisor::Request request;
    std::memcpy(&request, packet.bytes.data(), sizeof request);
    if (request.kind == supervisor::Request::Kind::begin) {
      begin_worker(request, std::move(packet.descriptors));
    } else if (const auto worker = workers_.find(request.worker); worker != workers_.end()) {
      worker->second.killed.store(true, std::memory_order_relaxed);
    }
    return true;
  }

  void begin_worker(const supervisor::Request& request, std::vector<Descriptor> descriptors) {
    WorkerThread& worker = workers_.try_emplace(request.worker, request.worker).first->second;
    worker.thread = std::thread([this, &worker, size = request.memory_size, passed = std::move(descriptors)]() mutable {
      live_until_killed(worker, settings_.worker, passed, size, *board_);
      write_exit(worker.id);
    });
    tell({SupervisorEvent::Kind::begun, {}, request.worker, no_pid + static_cast<pid_t>(request.worker)},
         worker.ending.descriptor());
  }

  /// Wakes workers that are to die, so that they reach a step; true if there are any.
  bool wake_killed() {
    bool any = false;
    for (auto& [id, worker] : workers_) {
      if (!worker.killed.load(std::memory_order_relaxed)) continue;
      any = true;
      if (Port* port = worker.port.load(std::memory_order_acquire)) wake_all(port->control().worker_sleeps);
    }
    return any;
  }

  void reap(bool alive) {
    std::uint64_t id = 0;
    read_all(exits_.reader, reinterpret_cast<char*>(&id), sizeof id);
    const auto found = workers_.find(id);
    if (found == workers_.end()) return;
    WorkerThread& worker = found->second;
    worker.thread.join();
    worker.ending.say();
    if (alive) tell({SupervisorEvent::Kind::ended, worker.status.kind, id, worker.status.value});
    workers_.erase(found);
  }

  void end_all() {
    for (auto& [id, worker] : workers_) worker.killed.store(true, std::memory_order_relaxed);
    while (!workers_.empty()) {
      wake_killed();
      pollfd polled{exits_.reader.get(), POLLIN, 0};
      if (::poll(&polled, 1, 1) > 0) reap(false);
    }
  }

  void send(const SupervisorEvent& event, const Descriptor& pidfd = {}) const {
    std::vector<int> descriptors;
    if (pidfd) descriptors.push_back(pidfd.get());
    try {
      static_cast<void>(socket_.send({reinterpret_cast<const char*>(&event), sizeof event}, descriptors, true));
    } catch (const std::system_error& error) {
      if (error.code().value() != EPIPE) throw;  // else there is no process to report it to
    }
  }

  void tell(const SupervisorEvent& event, const Descriptor& pidfd = {}) const {
    send(event, pidfd);
    doorbell_->count_event();
    if (doorbell_->needed()) doorbell_->ring();
  }

  void write_exit(std::uint64_t id) const { write_all(exits_.writer, {reinterpret_cast<const char*>(&id), sizeof id}); }

  PacketSocket socket_;
  Pipe exits_ = Pipe::open();  // the numbers of ended workers
  Ending ending_;
  std::atomic<bool> killed_ = false;
  std::atomic<bool> ended_ = false;
  supervisor::Settings settings_;
  std::optional<CallBoard> board_;
  std::optional<Doorbell> doorbell_;
  std::map<std::uint64_t, WorkerThread> workers_;
  std::thread thread_;
};

struct Supervisors {
  std::mutex mutex;
  std::list<SupervisorThread> all;
};

Supervisors& supervisors() {
  static Supervisors here;
  return here;
}

void at_step(Step step) {
  if (worker_here == nullptr) return;
  threads::die_if_killed();
  auto& [dying, times, chance, died] = threads::deaths;
  const bool planned = dying.load(std::memory_order_relaxed) == static_cast<int>(step) &&
                       times.fetch_sub(1, std::memory_order_relaxed) == 1;
  const unsigned least = 65'536 - chance.load(std::memory_order_relaxed);
  if (planned || worker_here->random() % 65'536 >= least) {
    died.fetch_add(1, std::memory_order_relaxed);
    threads::die();
  }
}

}  // namespace

ForkServer::ForkServer() {
  supervisors();
  on_step = at_step;
}

ForkServer::~ForkServer() = default;

std::shared_ptr<const ForkServer::Connection> ForkServer::current() {
  static const ForkServer here;
  static const auto connection = std::make_shared<const Connection>();
  return connection;
}

// NOLINTNEXTLINE(readability-convert-member-functions-to-static): the library's declaration
std::optional<PacketSocket> ForkServer::Connection::begin_supervisor() const {
  auto& [mutex, all] = supervisors();
  const std::scoped_lock lock(mutex);
  all.remove_if([](const SupervisorThread& each) { return each.ended(); });
  auto [programs, supervisors_own] = PacketSocket::open_pair();
  all.emplace_back(std::move(supervisors_own));
  return std::move(programs);
}

}  // namespace processes

namespace threads {

void die() { std::longjmp(processes::worker_here->end, 1); }  // NOLINT(modernize-avoid-setjmp-longjmp)

void die_if_killed() {
  const processes::WorkerThread* worker = processes::worker_here;
  if (worker != nullptr && worker->killed.load(std::memory_order_relaxed)) die();
}

void kill_supervisors() {
  auto& [mutex, all] = processes::supervisors();
  const std::scoped_lock lock(mutex);
  for (processes::SupervisorThread& each : all) {
    if (!each.ended()) each.kill();
  }
}

}  // namespace threads
