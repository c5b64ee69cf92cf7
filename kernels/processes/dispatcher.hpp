// The parent's half of a process pool. It has no thread: it advances within the calls of its users, so that a pool adds
// no scheduling of its own to what it measures, and a later fork meets no thread that holds a lock.
//
//   submit ─▶ waiting ─▶ worker: outbox ─ pipe ─▶ [child: decode, run, encode] ─ pipe ─▶ inbox ─▶ batch ─▶ Future
//                          └ outstanding: at most 2 requests, the one that runs and the one that waits behind it
//
// Every descriptor of the parent is non-blocking, so that a large argument and a large result can cross.
#pragma once

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "processes/errors.hpp"
#include "processes/process.hpp"
#include "processes/worker.hpp"

struct pollfd;

namespace processes {

/// The results of one call, part by part. Resolved exactly once: when all its parts are, with the failure of the lowest
/// index if there was one.
class Batch {
 public:
  struct Part {
    std::size_t first = 0;  ///< index of its first task in the call
    std::size_t items = 0;
    std::string bytes;  ///< the arguments on the way out, the results on the way back
  };

  [[nodiscard]] bool resolved() const { return open_parts_ == 0; }

  /// The parts with their results, in order; throws the call's failure, std::logic_error before it is resolved.
  [[nodiscard]] const std::vector<Part>& results() const;

 private:
  friend class Dispatcher;

  void fail(std::size_t index, std::exception_ptr error);

  std::vector<Part> parts_;
  std::size_t open_parts_ = 0;
  std::size_t failed_index_ = 0;
  std::exception_ptr failure_;
};

/// Used by ProcessPool; see there for what its calls mean. For one thread at a time.
class Dispatcher {
 public:
  Dispatcher(int workers, const std::function<void()>& initialiser);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  ~Dispatcher();

  std::shared_ptr<Batch> submit(Runner runner, ErasedFunction function, std::vector<Batch::Part> parts);
  void wait(const Batch& batch);
  void advance_without_waiting();
  void close() { closed_ = true; }
  void join();
  void terminate();
  [[nodiscard]] std::vector<pid_t> pids() const;
  [[nodiscard]] std::optional<ExitStatus> lost() const { return lost_; }

 private:
  struct Request {
    Runner runner;
    ErasedFunction function;
    std::shared_ptr<Batch> batch;
    std::size_t part;
  };
  struct Worker {
    Process process;
    Descriptor requests;
    Descriptor responses;
    std::deque<Request> outstanding;
    std::string outbox;
    std::size_t sent = 0;  // of the outbox
    std::string inbox;
  };

  void require_owner() const;
  void start_worker(const std::function<void()>& initialiser);
  void advance(int timeout_milliseconds);
  void assign();
  static void send(Worker& worker);
  static void receive(Worker& worker);
  static void take_response(Worker& worker, const ResponseHeader& header, std::string bytes);
  void bury(Worker& worker);
  void fail_waiting(const std::string& reason);

  pid_t owner_;
  bool closed_ = false;
  bool joining_ = false;
  std::optional<ExitStatus> lost_;
  std::vector<Worker> workers_;
  std::deque<Request> waiting_;
};

}  // namespace processes
