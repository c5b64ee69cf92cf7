// The parent's half of a process pool. It has no thread: it advances within the calls of its users, so that a pool adds
// no scheduling of its own to what it measures.
//
//   submit ─▶ waiting ─▶ worker: outstanding ─ Channel ─▶ [worker: decode, run, encode] ─ Channel ─▶ Batch ─▶ Future
//     │                    └ the request that it runs and, while they are quick, some behind it
//     └────▶ call on the board ◀─ chunks ─ [worker: run, results in place] ─────────────────────────▶ Batch ─▶ Future
//            (what a worker that dies has not started of it is sent as a request)
//
// What is known of a dead worker: how many tasks it has started (WorkerControl) and how many outcomes it has sent. The
// two differ by the one task that it died in; every other task of its requests either has its outcome or never began,
// and goes to another worker.
//
// Of the threads that wait, one drives (sleeps on the doorbell for all); the others sleep until it has news.
//
// Whatever a task does to the memory that its worker shares with the program, and whatever is lost with a process that
// ends, is found at the latest when who drives looks at everything, ten times a second.
#pragma once

#include <sys/types.h>

#include <atomic>
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

#include "processes/os/process_mark.hpp"
#include "processes/pool/batch.hpp"
#include "processes/pool/errors.hpp"
#include "processes/pool/options.hpp"
#include "processes/transport/spin.hpp"
#include "processes/workers/supervisor.hpp"

namespace processes {

/// Used by ProcessPool; see there for what its calls mean.
class Dispatcher {
 public:
  Dispatcher(int workers, PoolOptions options);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  ~Dispatcher();

  void submit(const std::shared_ptr<Batch>& batch, std::size_t chunk);
  /// Nobody wants the batch any more, and what its arguments refer to may go: no task of it is sent from now on.
  void abandon(Batch& batch) noexcept;
  void wait(const Batch& batch);
  /// Whether it is resolved, at the latest after so long.
  bool wait(const Batch& batch, std::chrono::nanoseconds timeout);
  /// Which of the batches, of which there is one at least, is resolved: the first one that is.
  std::size_t wait_for_any(const std::vector<const Batch*>& batches);
  bool resolved(const Batch& batch);
  /// Whether a task in [begin, end) had not ended, and is Cancelled.
  bool cancel(Batch& batch, std::size_t begin, std::size_t end);
  void close();
  void join();
  void terminate();

  [[nodiscard]] std::vector<pid_t> pids();
  [[nodiscard]] std::optional<ExitStatus> lost();
  [[nodiscard]] PoolStatistics statistics();

 private:
  using Clock = std::chrono::steady_clock;

  /// The tasks [begin, end) of a batch that have no outcome yet.
  struct Request {
    std::shared_ptr<Batch> batch;
    std::size_t begin = 0;
    std::size_t end = 0;
    int attempt = 1;
    int unstarted = 0;  // workers in a row that died with it before they had started its first task
  };

  struct Worker {
    std::uint64_t id = 0;
    pid_t pid = 0;  // 0 until it has begun
    std::unique_ptr<Channel> channel;
    std::deque<Request> outstanding;
    std::uint64_t given = 0;     // tasks
    std::uint64_t finished = 0;  // tasks with an outcome
    Clock::time_point since;     // it was given a task while idle, or asked to end, or an outcome of it arrived
    bool ending = false;         // it was asked to, or has been given all the tasks that it may run
    std::uint64_t call = 0;      // on the board, that it has noted chunks of
    std::size_t settled = 0;     // of these
    std::map<std::size_t, std::exception_ptr> thrown;  // by its tasks of that call
    bool worked = false;                               // a task of it has ended
    /// tasks_started, as it was when this pool had it killed for a task
    std::optional<std::uint64_t> started_when_killed;
    std::optional<std::size_t> started_in_call_when_killed;  // the end of the tasks of its chunk on the board
    bool damaged = false;                                    // what it sends is not to be read any more
  };

  /// The call that all workers take chunks of (dispatcher_call.cpp).
  struct OpenCall {
    std::shared_ptr<Batch> batch;  // none if no call is open
    CallShape shape;
    std::vector<bool> settled;                  // by chunk: its tasks are resolved, or on their way as requests
    std::size_t left = 0;                       // chunks that are not
    bool in_doubt = false;                      // what is counted of it is not relied upon
    bool record_lost = false;                   // with a worker whose memory had been overwritten
    std::chrono::nanoseconds* guess = nullptr;  // what a task of its function takes; longest_call if that is unknown
    std::chrono::nanoseconds work{};            // of all its tasks, by that guess
  };
  static constexpr std::chrono::nanoseconds longest_call = std::chrono::hours(1);  // of unknown work
  static constexpr std::chrono::nanoseconds longest_work = std::chrono::minutes(1);
  static constexpr std::chrono::microseconds short_call{4};  // which is done before another worker has woken up

  /// Holds the lock; who spins with it gives it up for the sake of who enters.
  class Lock;
  /// Sleeps without the lock as the one that drives, or as one that waits for that one.
  class Driving;
  class Following;

  void require_owner() const;
  [[nodiscard]] static bool is_overwritten(const WorkerControl& control);

  // The turn of a thread that waits or looks.
  enum class Patience { none, until_news };
  void turn(Lock& lock, Patience patience, Clock::time_point end = Clock::time_point::max());
  bool advance();
  [[nodiscard]] bool has_news() const;
  bool spin();
  void sleep(Lock& lock, Patience patience, Clock::time_point end);
  bool wait_until(Lock& lock, const Batch& batch, Clock::time_point end);
  void look_at_everything();
  [[nodiscard]] std::chrono::nanoseconds timeout() const;

  // Tasks on their way (dispatcher_tasks.cpp).
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
  void fail(const Request& request, const std::string& reason);
  void fail_waiting(const std::string& reason);

  void note_progress();
  [[nodiscard]] bool has_deadline() const { return options_.deadline.count() > 0; }
  [[nodiscard]] bool is_timed(const Worker& worker) const;

  // Tasks that have to end (dispatcher_kill.cpp).
  [[nodiscard]] std::optional<Clock::time_point> expiry(const Worker& worker) const;
  [[nodiscard]] std::chrono::nanoseconds deadline_of(const Worker& worker) const;
  [[nodiscard]] bool is_in_cancelled_task(Worker& worker) const;
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
  [[nodiscard]] std::vector<bool> noted_chunks();
  [[nodiscard]] bool records_are_lost() const;
  void take_back_chunks(std::size_t reached);
  void fail_unnoted_chunks(ExitStatus status);
  void fail_chunk(std::size_t chunk, ExitStatus status);
  [[nodiscard]] Request request_of(std::size_t chunk) const;
  void send_again(Request request);
  void abandon_call();

  // Workers that come and go (dispatcher_workers.cpp).
  [[nodiscard]] bool wants_worker() const;
  void begin_workers();
  void begin_worker();
  void handle(const SupervisorEvent& event);
  void bury(Worker& worker, ExitStatus status);
  void blame(Request& request, ExitStatus status, bool late);
  void count_start_failure(const std::string& how);
  void count_denial(const std::string& reason);
  void replace_supervisor();
  void begin_supervisor();
  void end(Worker& worker) const;

  // A thread of the pool's own (dispatcher_driver.cpp).
  void begin_driver();
  void drive();
  void end_driver();

  ProcessMark mark_;
  const PoolOptions options_;
  const WorkerSettings settings_;
  const std::size_t wanted_;
  const std::size_t processors_;

  std::mutex mutex_;
  std::unique_ptr<std::condition_variable> changed_ = std::make_unique<std::condition_variable>();
  std::atomic<std::thread::id> owner_;  // of the lock
  std::size_t sleepers_ = 0;            // threads that wait for the one that drives
  std::atomic<int> entering_ = 0;
  int turns_awake_ = 0;  // in a row, without a sleep
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
  Clock::duration time_a_task_{};  // of timed_function_, when last it was timed
  Spinner spinner_;
  Clock::time_point next_look_ = {};  // at everything
  std::uint64_t next_id_ = 1;
  std::uint32_t events_seen_ = 0;  // of the doorbell's

  int start_failures_ = 0;  // in a row
  /// Since when the system has denied a process or a descriptor, and no worker lives.
  std::optional<Clock::time_point> denied_since_;
  Clock::time_point last_denial_;
  int denials_ = 0;           // since a worker was last begun
  int idle_deaths_ = 0;       // since a task ended, of workers that had been given none
  int supervisors_lost_ = 0;  // since a task ended
  Clock::time_point next_begin_;
  std::string broken_;  // why no worker can be started any more
  std::optional<ExitStatus> lost_;
  PoolStatistics statistics_;
};

}  // namespace processes
