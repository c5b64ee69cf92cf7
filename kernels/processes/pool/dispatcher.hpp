// The parent's half of a process pool. It has no thread: it advances inside its users' calls, so that a pool adds no
// scheduling of its own to a measurement.
//
//   submit ─▶ waiting ─▶ worker: outstanding ─ Channel ─▶ [worker: decode, run, encode] ─ Channel ─▶ Batch ─▶ Future
//     │                    └ the running request and, while tasks are short, some queued ones
//     └────▶ call on the board ◀─ chunks ─ [worker: run, results in place] ─────────────────────────▶ Batch ─▶ Future
//            (tasks that a dead worker has not started are sent as a request)
//
// A dead worker leaves two counts: the tasks it has started (WorkerControl) and the outcomes it has sent. They differ
// by the one task that it died in. Every other task of its requests either has its outcome or never started; those that
// never started go to another worker.
//
// Of the waiting threads, one drives: it sleeps on the doorbell for all. The others sleep until it has news.
//
// The driving thread checks everything ten times a second. That bounds the delay if a wake-up is lost with a process,
// or if a task overwrites the memory that its worker shares with the program.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <bitset>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "processes/os/forks/process_mark.hpp"
#include "processes/pool/batch.hpp"
#include "processes/pool/errors.hpp"
#include "processes/pool/options.hpp"
#include "processes/transport/spin.hpp"
#include "processes/workers/supervisor.hpp"

namespace processes {

/// Used by ProcessPool, which documents its calls.
class Dispatcher {
 public:
  Dispatcher(int workers, PoolOptions options);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  ~Dispatcher();

  void submit(const std::shared_ptr<Batch>& batch, std::size_t chunk);
  /// Nobody waits for the batch any more, and its arguments may be destroyed: none of its tasks is sent from now on.
  void abandon(Batch& batch) noexcept;
  void wait(const Batch& batch);
  /// Waits for at most `timeout`; returns whether the batch is resolved.
  bool wait(const Batch& batch, std::chrono::nanoseconds timeout);
  /// Waits until one of the batches is resolved; returns the index of the first that is. `batches` must not be empty.
  std::size_t wait_for_any(const std::vector<const Batch*>& batches);
  bool resolved(const Batch& batch);
  /// Cancels the unresolved tasks in [begin, end); true if there was one.
  bool cancel(Batch& batch, std::size_t begin, std::size_t end);
  void close();
  void join();
  void terminate();

  [[nodiscard]] std::vector<pid_t> pids();
  [[nodiscard]] std::optional<ExitStatus> lost();
  [[nodiscard]] PoolStatistics statistics();

 private:
  using Clock = std::chrono::steady_clock;
  using Chunks = std::bitset<CallBoard::most_chunks>;  // by chunk of the call; a periodic check allocates nothing

  /// The unresolved tasks [begin, end) of a batch.
  struct Request {
    std::shared_ptr<Batch> batch;
    std::size_t begin = 0;
    std::size_t end = 0;
    int attempt = 1;
    int unstarted = 0;  // consecutive workers that died with it before starting its first task
  };

  struct Worker {
    std::uint64_t id = 0;
    pid_t pid = 0;  // 0 until it has started
    std::unique_ptr<Channel> channel;
    std::deque<Request> outstanding;
    std::uint64_t given = 0;     // tasks sent
    std::uint64_t finished = 0;  // tasks with an outcome
    Clock::time_point since;     // when it got a task while idle, was asked to end, or last sent an outcome
    bool ending = false;         // it was asked to end, or has got tasks_per_worker tasks
    std::uint64_t call = 0;      // the call on the board that `settled` and `thrown` refer to
    std::size_t settled = 0;     // chunks of that call whose tasks are resolved
    std::map<std::size_t, std::exception_ptr> thrown;  // by task of that call
    bool worked = false;                               // it has ended a task of a call on the board
    /// tasks_started at the time when this pool had it killed for a task.
    std::optional<std::uint64_t> started_when_killed;
    bool damaged = false;  // its messages are not read any more
  };

  /// The call whose chunks all workers claim (dispatcher_call.cpp).
  struct OpenCall {
    std::shared_ptr<Batch> batch;  // null if no call is open
    CallShape shape;
    std::vector<bool> settled;                  // by chunk: its tasks are resolved or sent as requests
    std::size_t left = 0;                       // chunks that are not settled
    bool in_doubt = false;                      // the count of ended chunks is not reliable
    bool record_lost = false;                   // the memory of a worker was overwritten before it died
    std::chrono::nanoseconds* guess = nullptr;  // time of one task of this function; longest_call if unknown
    std::chrono::nanoseconds work{};            // estimated time of all tasks
  };
  static constexpr std::chrono::nanoseconds longest_call = std::chrono::hours(1);  // for unknown work
  static constexpr std::chrono::nanoseconds longest_work = std::chrono::minutes(1);
  static constexpr std::chrono::microseconds short_call{4};  // ends before another worker has woken up

  /// Holds the lock. A thread that spins with it releases it when another thread enters.
  class Lock;
  /// Sleep without the lock: as the driving thread, or as one that waits for the driving thread.
  class Driving;
  class Following;

  void require_owner() const;
  [[nodiscard]] static bool is_overwritten(const WorkerControl& control);

  // One turn of a thread that waits or polls.
  enum class Patience { none, until_news };
  void turn(Lock& lock, Patience patience, Clock::time_point end = Clock::time_point::max());
  bool advance();
  [[nodiscard]] bool has_news() const;
  bool spin(Clock::time_point end);
  void sleep(Lock& lock, Patience patience, Clock::time_point end);
  bool wait_until(Lock& lock, const Batch& batch, Clock::time_point end);
  void look_at_everything();
  [[nodiscard]] std::chrono::nanoseconds timeout() const;

  // Sending tasks and taking outcomes (dispatcher_tasks.cpp).
  [[nodiscard]] bool has_work() const;
  void assign();
  [[nodiscard]] bool may_wait_behind(const Request& request, const Worker& worker) const;
  bool give(Worker& worker);
  void collect(Worker& worker);
  bool take(Worker& worker, const Frame& frame);
  bool take_thrown(Worker& worker, const Frame& frame);
  [[nodiscard]] std::exception_ptr thrown(Decoder& decoder, const Batch& batch, std::size_t index) const;
  void count_outcome(Worker& worker);
  void reject(Worker& worker, const std::string& type, const std::string& message);
  void fail(const Request& request, const std::exception_ptr& error) noexcept;
  void fail(const Request& request, const char* reason) noexcept;
  void fail_waiting(const char* reason) noexcept;

  void note_progress();
  [[nodiscard]] bool has_deadline() const { return options_.deadline.count() > 0; }
  [[nodiscard]] bool is_timed(const Worker& worker) const;

  // Killing late and cancelled tasks (dispatcher_kill.cpp).
  [[nodiscard]] std::optional<Clock::time_point> expiry(const Worker& worker) const;
  [[nodiscard]] std::chrono::nanoseconds deadline_of(const Worker& worker) const;
  [[nodiscard]] bool is_in_cancelled_task(Worker& worker) const;
  [[nodiscard]] Clock::time_point earliest_expiry() const;
  void kill_late_workers();
  void drop_cancelled();

  // The call on the board (dispatcher_call.cpp).
  bool open_call(const std::shared_ptr<Batch>& batch, std::size_t chunk);
  void wake_for_call(std::size_t wanted);
  void spread_workers();
  [[nodiscard]] bool call_has_news() const;
  void settle_call();
  void close_call_if_settled();
  void doubt_call();
  std::size_t noted(Worker& worker) const;
  void settle(Worker& worker);
  void settled(std::size_t chunk);
  void take_results(Worker& worker, std::size_t begin, std::size_t end);
  bool bury_in_call(Worker& worker, const std::optional<ExitStatus>& status);
  [[nodiscard]] std::pair<std::size_t, std::size_t> progress(const Worker& worker, const Request& chunk) const;
  [[nodiscard]] std::optional<std::size_t> current_task(Worker& worker) const;
  void take_back_cancelled_chunks();
  void send_rest_of_call();
  [[nodiscard]] bool holds_chunk(Worker& worker) const;
  void give_back(Worker& worker, std::size_t chunk, const std::optional<ExitStatus>& status);
  [[nodiscard]] Chunks noted_chunks();
  [[nodiscard]] bool records_are_lost() const;
  void take_back_chunks(std::size_t reached);
  void fail_unnoted_chunks(ExitStatus status);
  void fail_chunk(std::size_t chunk, ExitStatus status);
  [[nodiscard]] Request request_of(std::size_t chunk) const;
  void send_again(const Request& request, bool ahead = true) noexcept;
  void abandon_call();

  // Starting workers and handling their deaths (dispatcher_workers.cpp).
  [[nodiscard]] bool wants_worker() const;
  void begin_workers();
  void begin_worker();
  void handle(const SupervisorEvent& event);
  void bury(Worker& worker, ExitStatus status, bool with_supervisor);
  void blame(Request& request, ExitStatus status, bool late);
  void count_start_failure(const std::string& how);
  void count_denial(const std::string& reason);
  void replace_supervisor();
  void begin_supervisor();
  void end(Worker& worker) const;

  // The driver thread (dispatcher_driver.cpp).
  void begin_driver();
  void drive();
  void end_driver();

  ProcessMark mark_;
  const PoolOptions options_;
  const WorkerSettings settings_;
  const std::size_t wanted_;
  const std::size_t processors_;

  std::mutex mutex_;
  std::unique_ptr<std::condition_variable_any> changed_ = std::make_unique<std::condition_variable_any>();
  std::atomic<std::thread::id> owner_;  // of the lock
  std::size_t sleepers_ = 0;            // threads that wait for the driving thread
  std::atomic<int> entering_ = 0;
  int turns_awake_ = 0;  // consecutive turns without a sleep
  bool driven_ = false;
  std::unique_ptr<std::thread> driver_;
  bool driver_ends_ = false;
  bool made_ = false;  // the constructor has returned
  bool closed_ = false;
  bool joining_ = false;
  bool terminating_ = false;
  bool has_supervisor_ = true;

  CallBoard board_;
  Doorbell doorbell_{board_.memory()};
  Supervisor supervisor_;
  std::list<Worker> workers_;
  std::deque<Request> waiting_;
  OpenCall call_;
  std::unordered_map<ErasedFunction, std::chrono::nanoseconds> time_a_call_task_;
  std::size_t busy_ = 0;        // workers that have tasks
  std::uint64_t resolved_ = 0;  // tasks
  ErasedFunction timed_function_ = nullptr;
  Clock::duration time_a_task_{};  // latest estimate for timed_function_
  Spinner spinner_;
  Clock::time_point next_look_ = {};  // when to check everything
  std::uint64_t next_id_ = 1;
  std::uint32_t events_seen_ = 0;  // of the doorbell's events

  int start_failures_ = 0;  // consecutive
  /// Since when the system has denied a process or a descriptor while no worker lives.
  std::optional<Clock::time_point> denied_since_;
  Clock::time_point last_denial_;
  Clock::time_point last_try_;  // of starting a worker
  int denials_ = 0;             // since a worker last started
  int idle_deaths_ = 0;         // since a task last ended; of workers that had got no task
  int supervisors_lost_ = 0;    // since a task last ended
  Clock::time_point next_begin_;
  std::string broken_;  // why no worker can be started any more; empty if one can
  std::optional<ExitStatus> lost_;
  PoolStatistics statistics_;
};

}  // namespace processes
