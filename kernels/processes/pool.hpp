// A pool of worker processes: the counterpart of multiprocessing.Pool.
//
//   processes::ProcessPool pool(4);
//   std::vector<long> cubes = pool.map(cube, {1, 2, 3, 4, 5, 6});
//
// Functions are given as pointers (a lambda without captures becomes one with a plus sign, +[](int x) { ... });
// arguments and results travel as wire.hpp says. A parameter of type std::span<const T> or std::string_view shows the
// task its argument where it lies, without a copy, until the task returns. Results come in the order of the arguments.
//
// What fails, and how. Every task is resolved exactly once, in bounded time once its worker has ended it or has ended:
//   the task throws                 TaskError, with type and message; the worker lives on
//   its worker dies in it           WorkerLost, with signal or exit code; it is started at most once. With
//                                   options.attempts > 1 it is started again, alone, and after the last attempt set
//                                   aside. No other task is lost with it: those of the same chunk that had ended keep
//                                   their results, those that had not begun go to another worker
//   it runs longer than allowed     DeadlineExceeded; its worker is killed, also one that was stopped
//   its arguments are too large     MessageTooLarge (a result that is too large is TaskError)
//   the pool ends, or can start     PoolClosed; a worker that dies is replaced, unless many in a row die before they
//   no worker any more              are ready
//
// A worker that dies while it has nothing to do costs nothing but its replacement. Workers are forked by a supervisor
// process, see workers/supervisor.hpp: make the pool before the program's first thread, or a ForkServer
// (fork_server.hpp). A task may make a pool of its own.
//
// A pool has no thread: work advances while a call of the pool or of one of its futures runs. All calls may be made
// from several threads at once, and a thread that waits in one may be cancelled (pthread_cancel(3)). Tasks of a call
// must not wait for each other: a worker may have several of them.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "processes/pool/call_batch.hpp"
#include "processes/pool/dispatcher.hpp"

namespace processes {

/// A function that returns nothing and the arguments to call it with, as an initialiser.
template <class... Parameters>
Call call(void (*function)(Parameters...), std::type_identity_t<Parameters>... arguments) {
  std::string encoded;
  Encoder encoder(encoded);
  (encoder.put(arguments), ...);
  return {{.invoke =
               [](ErasedFunction erased, Decoder& in) {
                 std::tuple<std::decay_t<Parameters>...> taken{in.get<std::decay_t<Parameters>>()...};
                 std::apply(reinterpret_cast<void (*)(Parameters...)>(erased), std::move(taken));
               },
           .function = reinterpret_cast<ErasedFunction>(function)},
          std::move(encoded)};
}

/// The result of a call that may still be running: the counterpart of AsyncResult. It may outlive its pool.
template <class Result>
class Future {
 public:
  Future(std::weak_ptr<Dispatcher> dispatcher, std::shared_ptr<ResultBatch<Result>> batch)
      : dispatcher_(std::move(dispatcher)), batch_(std::move(batch)) {}

  /// Whether get() would return or throw at once.
  [[nodiscard]] bool ready() {
    const auto dispatcher = dispatcher_.lock();
    return !dispatcher || dispatcher->resolved(*batch_);  // a pool that is gone has resolved all its batches
  }

  void wait() {
    if (const auto dispatcher = dispatcher_.lock()) dispatcher->wait(*batch_);
  }

  /// Waits for the result. Throws TaskError, WorkerLost, DeadlineExceeded, MessageTooLarge or PoolClosed, or what
  /// taking the result threw: of several errors, that of the lowest index. May be called again.
  Result get() {
    wait();
    return batch_->result();
  }

 protected:
  std::weak_ptr<Dispatcher> dispatcher_;
  std::shared_ptr<ResultBatch<Result>> batch_;
};

/// The results of a map that may still be running.
template <class Result>
class MapFuture : public Future<std::vector<Result>> {
 public:
  MapFuture(std::weak_ptr<Dispatcher> dispatcher, std::shared_ptr<ItemsBatch<Result>> batch)
      : Future<std::vector<Result>>(std::move(dispatcher), std::move(batch)) {}

  /// Waits for all tasks, and gives the value or the error of each, in their order.
  std::vector<Outcome<Result>> outcomes() {
    this->wait();
    return static_cast<const ItemsBatch<Result>&>(*this->batch_).outcomes();
  }
};

class ProcessPool {
 public:
  /// Starts the workers, 1 to 4,096. Throws std::invalid_argument, std::system_error; std::logic_error in a program
  /// that runs threads and has no ForkServer.
  explicit ProcessPool(int workers, PoolOptions options = {})
      : dispatcher_(std::make_shared<Dispatcher>(workers, std::move(options))), workers_(workers) {}

  /// Ends at once, as terminate().
  ~ProcessPool() { dispatcher_->terminate(); }
  ProcessPool(const ProcessPool&) = delete;
  ProcessPool& operator=(const ProcessPool&) = delete;

  /// One task in one worker; waits for its result. Throws as Future::get().
  template <class Result, class... Arguments>
  Result apply(Result (*function)(Arguments...), const std::type_identity_t<std::decay_t<Arguments>>&... arguments) {
    using Referred = std::tuple<const std::decay_t<Arguments>&...>;
    const auto batch = make<ApplyBatch<Result, Referred>>(function, Referred(arguments...));
    finish(batch, 1);
    return batch->take_result();
  }

  template <class Result, class... Arguments>
  Future<Result> apply_async(Result (*function)(Arguments...),
                             std::type_identity_t<std::decay_t<Arguments>>... arguments) {
    using Kept = std::tuple<Owned<Arguments>...>;
    auto batch = make<ApplyBatch<Result, Kept>>(function, Kept(own(std::move(arguments))...));
    dispatcher_->submit(batch, 1);
    return {dispatcher_, std::move(batch)};
  }

  /// One task an item; waits for all. Tasks travel in chunks: by default ceil(n / (4 workers)) of them, as in Python.
  template <class Result, class Argument>
  std::vector<Result> map(Result (*function)(Argument), const std::vector<std::decay_t<Argument>>& items,
                          std::size_t chunk = 0) {
    using Shown = std::span<const std::decay_t<Argument>>;
    const auto batch = make_map<MapBatch<Result, Shown>>(function, Shown(items));
    finish(batch, chunk_of(items.size(), chunk));
    return batch->take_result();
  }

  template <class Result, class Argument>
  MapFuture<Result> map_async(Result (*function)(Argument), std::vector<Owned<Argument>> items, std::size_t chunk = 0) {
    auto batch = make_map<MapBatch<Result, std::vector<Owned<Argument>>>>(function, std::move(items));
    dispatcher_->submit(batch, chunk_of(batch->tasks(), chunk));
    return {dispatcher_, std::move(batch)};
  }

  /// Takes no more tasks; those that were given run to their end.
  void close() { dispatcher_->close(); }

  /// After close(): waits until all tasks have ended and all workers have gone. Throws std::logic_error before close().
  void join() { dispatcher_->join(); }

  /// Kills the workers and what their tasks have left running; what had not ended is PoolClosed.
  void terminate() { dispatcher_->terminate(); }

  /// How the last worker that was lost ended; nothing if none was.
  [[nodiscard]] std::optional<ExitStatus> lost() const { return dispatcher_->lost(); }
  [[nodiscard]] PoolStatistics statistics() const { return dispatcher_->statistics(); }

  /// Of the workers that live, as far as is known.
  [[nodiscard]] std::vector<pid_t> pids() const { return dispatcher_->pids(); }

 private:
  template <class Result>
  static void check_result() {
    static_assert(!std::is_void_v<Result>, "a task returns something: its completion is its result");
    static_assert(!is_view<Result> && !std::is_reference_v<Result>, "what a result would refer to stays in the worker");
  }

  template <class Made, class Result, class... Arguments, class Given>
  static std::shared_ptr<Made> make(Result (*function)(Arguments...), Given given) {
    check_result<Result>();
    return std::make_shared<Made>(&run_task<Result, Arguments...>, reinterpret_cast<ErasedFunction>(function),
                                  std::move(given));
  }

  template <class Made, class Result, class Argument, class Given>
  static std::shared_ptr<Made> make_map(Result (*function)(Argument), Given given) {
    check_result<Result>();
    InPlace in_place = nullptr;
    if constexpr (has_place<Result> && has_place<Argument> && !std::is_same_v<std::decay_t<Argument>, bool>) {
      in_place = &run_in_place<Result, Argument>;
    }
    return std::make_shared<Made>(&run_task<Result, Argument>, in_place, reinterpret_cast<ErasedFunction>(function),
                                  std::move(given));
  }

  template <class Value>
  static Owned<Value> own(Value&& value) {
    if constexpr (is_view<Value>) {
      return Owned<Value>(value.begin(), value.end());
    } else {
      return std::forward<Value>(value);
    }
  }

  [[nodiscard]] std::size_t chunk_of(std::size_t items, std::size_t chunk) const {
    const std::size_t chunks = 4 * static_cast<std::size_t>(workers_);
    return chunk > 0 ? chunk : std::max<std::size_t>(1, (items + chunks - 1) / chunks);
  }

  /// The batch may refer to what the caller holds, so nothing leaves this before it is resolved.
  void finish(const std::shared_ptr<Batch>& batch, std::size_t chunk) {
    dispatcher_->submit(batch, chunk);
    try {
      dispatcher_->wait(*batch);
    } catch (...) {
      dispatcher_->abandon(*batch);
      throw;
    }
  }

  std::shared_ptr<Dispatcher> dispatcher_;
  int workers_;
};

}  // namespace processes
