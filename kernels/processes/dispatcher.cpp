#include "processes/dispatcher.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace processes {

namespace {

constexpr std::size_t most_outstanding = 2;
constexpr int most_workers = 4096;
constexpr int for_ever = -1;

}  // namespace

const std::vector<Batch::Part>& Batch::results() const {
  if (!resolved()) throw std::logic_error("a result was taken before it was there");
  if (failure_) std::rethrow_exception(failure_);
  return parts_;
}

void Batch::fail(std::size_t index, std::exception_ptr error) {
  if (!failure_ || index < failed_index_) {
    failed_index_ = index;
    failure_ = std::move(error);
  }
  --open_parts_;
}

Dispatcher::Dispatcher(int workers, const std::function<void()>& initialiser) : owner_(::getpid()) {
  if (workers < 1 || workers > most_workers) {
    throw std::invalid_argument(
        fmt::format("a pool of {} workers cannot be made: choose from 1 to {}", workers, most_workers));
  }
  workers_.reserve(static_cast<std::size_t>(workers));
  for (int i = 0; i < workers; ++i) start_worker(initialiser);
}

Dispatcher::~Dispatcher() { terminate(); }

void Dispatcher::start_worker(const std::function<void()>& initialiser) {
  Pipe requests = Pipe::open();
  Pipe responses = Pipe::open();
  requests.writer.set_nonblocking();
  responses.reader.set_nonblocking();
  Process process([&] {
    // A worker that held the parent's end of a pipe would keep it open past the parent's death.
    requests.writer.close();
    responses.reader.close();
    for (Worker& sibling : workers_) {
      sibling.requests.close();
      sibling.responses.close();
    }
    return run_worker(requests.reader, responses.writer, initialiser);
  });
  process.start();
  workers_.push_back({.process = std::move(process),
                      .requests = std::move(requests.writer),
                      .responses = std::move(responses.reader),
                      .outstanding = {},
                      .outbox = {},
                      .inbox = {}});
}

std::shared_ptr<Batch> Dispatcher::submit(Runner runner, ErasedFunction function, std::vector<Batch::Part> parts) {
  require_owner();
  advance(0);  // so that a worker that died while idle is buried before it is given anything
  if (closed_) throw PoolClosed("the pool is closed: it takes no more tasks");
  if (workers_.empty()) throw PoolClosed("the pool has lost all its workers: it takes no more tasks");
  auto batch = std::make_shared<Batch>();
  batch->parts_ = std::move(parts);
  batch->open_parts_ = batch->parts_.size();
  for (std::size_t part = 0; part < batch->parts_.size(); ++part) waiting_.push_back({runner, function, batch, part});
  advance(0);
  return batch;
}

void Dispatcher::require_owner() const {
  if (owner_ != ::getpid()) {
    throw std::logic_error("a pool belongs to the process that made it: make another one in the child");
  }
}

void Dispatcher::advance_without_waiting() {
  require_owner();
  advance(0);
}

void Dispatcher::wait(const Batch& batch) {
  if (!batch.resolved()) require_owner();
  while (!batch.resolved()) advance(for_ever);
}

void Dispatcher::join() {
  require_owner();
  if (!closed_) throw std::logic_error("join before close: close the pool first, so that its work can end");
  while (!waiting_.empty() || std::ranges::any_of(workers_, [](const Worker& w) { return !w.outstanding.empty(); })) {
    advance(for_ever);
  }
  // An explicit end, since a process forked elsewhere in this program may hold a copy of the pipe and keep it open.
  joining_ = true;
  const RequestHeader end;
  for (Worker& worker : workers_) worker.outbox.append(reinterpret_cast<const char*>(&end), sizeof end);
  while (!workers_.empty()) advance(for_ever);
}

void Dispatcher::terminate() {
  closed_ = true;
  if (owner_ != ::getpid()) return;  // a copy in a forked child: the workers are its parent's
  for (Worker& worker : workers_) worker.process.signal(SIGKILL);
  for (Worker& worker : workers_) {
    worker.process.join();
    for (Request& request : worker.outstanding) waiting_.push_back(std::move(request));
  }
  workers_.clear();
  fail_waiting("the pool was terminated before the task had ended");
}

std::vector<pid_t> Dispatcher::pids() const {
  std::vector<pid_t> pids;
  for (const Worker& worker : workers_) pids.push_back(worker.process.pid());
  return pids;
}

/// One turn: hand out, send, wait for at most the timeout until something can move, receive, bury the dead.
void Dispatcher::advance(int timeout_milliseconds) {
  assign();
  const std::size_t size = workers_.size();
  std::vector<pollfd> polled(2 * size);  // first every worker's end, then every worker's responses
  for (std::size_t i = 0; i < size; ++i) {
    Worker& worker = workers_[i];
    send(worker);
    polled[i] = {worker.process.ended().get(), POLLIN, 0};
    polled[size + i] = {worker.responses.get(), POLLIN, 0};
    // A pipe with room would end every poll, so it is asked about only while there is something to send.
    if (worker.sent < worker.outbox.size()) polled.push_back({worker.requests.get(), POLLOUT, 0});
  }
  while (::poll(polled.data(), polled.size(), timeout_milliseconds) < 0) {
    if (errno != EINTR) throw_system_error("poll");
  }
  std::vector<Worker> dead;
  for (std::size_t i = size; i-- > 0;) {
    // What a worker answered before its end counts, so its responses are read first, and to the end.
    if (polled[i].revents != 0 || polled[size + i].revents != 0) receive(workers_[i]);
    if (polled[i].revents == 0) continue;
    dead.push_back(std::move(workers_[i]));
    workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  for (Worker& worker : dead) bury(worker);
  assign();
  for (Worker& worker : workers_) send(worker);
}

/// Gives waiting requests to workers, one each before two to any.
void Dispatcher::assign() {
  for (std::size_t outstanding = 0; outstanding < most_outstanding; ++outstanding) {
    for (Worker& worker : workers_) {
      if (waiting_.empty()) return;
      if (worker.outstanding.size() > outstanding) continue;
      Request request = std::move(waiting_.front());
      waiting_.pop_front();
      const Batch::Part& part = request.batch->parts_[request.part];
      const RequestHeader header{request.runner, request.function, part.items, part.bytes.size()};
      worker.outbox.append(reinterpret_cast<const char*>(&header), sizeof header);
      worker.outbox.append(part.bytes);
      worker.outstanding.push_back(std::move(request));
    }
  }
}

void Dispatcher::send(Worker& worker) {
  if (worker.sent == worker.outbox.size()) return;
  try {
    worker.sent += write_some(worker.requests, std::string_view(worker.outbox).substr(worker.sent));
  } catch (const std::system_error& error) {
    // Its end is seen by poll, with its status; what could not be sent has no reader.
    if (error.code() != std::errc::broken_pipe) throw;
    worker.sent = worker.outbox.size();
  }
  if (worker.sent == worker.outbox.size()) {
    worker.outbox.clear();
    worker.sent = 0;
  }
}

void Dispatcher::receive(Worker& worker) {
  if (!worker.responses) return;
  if (!read_some(worker.responses, worker.inbox)) {
    // It has ended, or it has closed its end and can never answer. An ended stream would end every poll.
    worker.responses.close();
    worker.process.signal(SIGKILL);
  }
  std::size_t begin = 0;
  ResponseHeader header;
  while (worker.inbox.size() - begin >= sizeof header) {
    std::memcpy(&header, worker.inbox.data() + begin, sizeof header);
    if (worker.inbox.size() - begin - sizeof header < header.size) break;
    take_response(worker, header, worker.inbox.substr(begin + sizeof header, header.size));
    begin += sizeof header + header.size;
  }
  worker.inbox.erase(0, begin);
}

void Dispatcher::take_response(Worker& worker, const ResponseHeader& header, std::string bytes) {
  if (worker.outstanding.empty()) {  // an answer to nothing: whatever sent it, it is no worker of ours any more
    worker.process.signal(SIGKILL);
    return;
  }
  const Request request = std::move(worker.outstanding.front());
  worker.outstanding.pop_front();
  Batch::Part& part = request.batch->parts_[request.part];
  if (header.kind == ResponseHeader::Kind::results) {
    part.bytes = std::move(bytes);
    --request.batch->open_parts_;
    return;
  }
  Decoder decoder(bytes);
  auto type = decoder.get<std::string>();
  auto message = decoder.get<std::string>();
  const std::size_t index = part.first + header.at;
  request.batch->fail(index, std::make_exception_ptr(TaskError(index, std::move(type), std::move(message))));
}

/// A worker has ended. The request at the head of its queue was cut short; the one behind it had not begun and goes to
/// another worker.
void Dispatcher::bury(Worker& worker) {
  const ExitStatus status = worker.process.join();
  if (!joining_) lost_ = status;
  if (!worker.outstanding.empty()) {
    const Request cut_short = std::move(worker.outstanding.front());
    worker.outstanding.pop_front();
    const Batch::Part& part = cut_short.batch->parts_[cut_short.part];
    const std::size_t last = part.first + part.items - 1;
    cut_short.batch->fail(part.first, std::make_exception_ptr(WorkerLost(part.first, last, status)));
  }
  waiting_.insert(waiting_.begin(), std::make_move_iterator(worker.outstanding.begin()),
                  std::make_move_iterator(worker.outstanding.end()));
  if (workers_.empty()) {
    fail_waiting(fmt::format("the pool has lost all its workers, the last one by {}", status.describe()));
  }
}

void Dispatcher::fail_waiting(const std::string& reason) {
  for (const Request& request : waiting_) {
    request.batch->fail(request.batch->parts_[request.part].first, std::make_exception_ptr(PoolClosed(reason)));
  }
  waiting_.clear();
}

}  // namespace processes
