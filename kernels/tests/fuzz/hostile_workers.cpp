// Replaces workers/supervisor.cpp: a supervisor without a process, whose workers are only memory.
#include "hostile_workers.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include "processes/transport/shared_transport.hpp"

namespace fuzz {

namespace {

std::byte* memory_of(const processes::Channel& channel) { return reinterpret_cast<std::byte*>(&channel.control()); }

}  // namespace

HostileWorker::HostileWorker(std::uint64_t number, const processes::Channel& channel, const processes::CallBoard& board)
    : id(number),
      control(channel.control()),
      results(
          *reinterpret_cast<processes::CallResults*>(memory_of(channel) + processes::SharedLayout({}).call_results)),
      responses(reinterpret_cast<char*>(memory_of(channel)) + processes::SharedLayout({}).responses,
                processes::SharedLayout({}).ring),
      taker(board, control.call, results) {
  control.start.store(processes::WorkerControl::Start::ready);
}

void HostileWorker::respond(processes::Frame::Kind kind, std::string_view bytes) const {
  const processes::ring::Header header{kind, 0, bytes.size()};
  const std::uint64_t tail = control.responses.tail.load();
  const std::size_t place = tail % responses.size();
  const std::size_t size = (sizeof header + bytes.size() + processes::ring::alignment - 1) /
                           processes::ring::alignment * processes::ring::alignment;
  if (responses.size() - place < size) return;
  std::memcpy(responses.data() + place, &header, sizeof header);
  bytes.copy(responses.data() + place + sizeof header, bytes.size());
  control.responses.tail.store(tail + size);
}

HostileWorker* HostileWorkers::find(std::size_t position) {
  if (living.empty()) return nullptr;
  return &*std::next(living.begin(), static_cast<std::ptrdiff_t>(position % living.size()));
}

void HostileWorkers::end(std::uint64_t id, processes::ExitStatus status) {
  if (std::erase_if(living, [id](const HostileWorker& worker) { return worker.id == id; }) == 0) return;
  events.push_back({processes::SupervisorEvent::Kind::ended, status.kind, id, status.value});
}

HostileWorkers& hostile_workers() {
  static HostileWorkers here;
  return here;
}

}  // namespace fuzz

namespace processes {

using fuzz::hostile_workers;

void Supervisor::start(const WorkerSettings& /*settings*/, const SignalActions& /*actions*/, const CallBoard& board,
                       const std::vector<SharedMemory>& /*shared*/, bool /*wait*/) {
  hostile_workers().board.emplace(board);
}

void Supervisor::wait_until_begun() {}
bool Supervisor::begun_within(std::chrono::milliseconds /*longest*/) { return true; }

void Supervisor::begin_worker(std::uint64_t worker, const Channel& channel, bool /*wait*/) {
  auto& all = hostile_workers();
  if (all.may_begin-- <= 0) throw std::system_error(EAGAIN, std::generic_category(), "fork");
  all.living.emplace_back(worker, channel, *all.board);
  constexpr std::int64_t no_pid = 1 << 30;  // larger than any pid of Linux
  all.events.push_back({SupervisorEvent::Kind::begun, {}, worker, no_pid});
}

void Supervisor::kill_worker(std::uint64_t worker) {
  ++hostile_workers().killed;
  hostile_workers().end(worker, {ExitStatus::Kind::signalled, SIGKILL});
}

/// has_event() is always true, so the pool always calls this.
std::optional<SupervisorEvent> Supervisor::next_event(bool /*wait*/) {
  auto& events = hostile_workers().events;
  if (events_.empty()) events_.emplace_back();
  if (events.empty()) return std::nullopt;
  const SupervisorEvent event = events.front();
  events.erase(events.begin());
  return event;
}

void Supervisor::go_on_if_stopped() noexcept {}
void Supervisor::ask_to_stop() noexcept {}
void Supervisor::stop() noexcept {}
void Supervisor::forget() noexcept {}
void Supervisor::abandon() noexcept {}

}  // namespace processes
