// A pool of worker processes: the counterpart of multiprocessing.Pool.
//
//   processes::ProcessPool pool(4);
//   std::vector<long> cubes = pool.map(cube, {1, 2, 3, 4, 5, 6});
//
// Workers are forked when the pool is made and have a copy of all that the program held then. Functions are given as
// pointers (a lambda without captures becomes one with a plus sign, +[](int x) { ... }); arguments and results travel
// as wire.hpp says. Results come in the order of the arguments.
//
// What fails, and how: an exception in a task is TaskError with its message; a worker that dies (a signal, an exit) is
// WorkerLost with its status, and its task is not run again; the other workers go on. When the last worker has died,
// what still waits is PoolClosed. Nothing waits for ever.
//
// A pool has no thread of its own: work advances while a call of the pool or of one of its futures runs, and each
// worker holds up to two tasks to go on with meanwhile. Use a pool and its futures from one thread at a time.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "processes/dispatcher.hpp"

namespace processes {

/// The result of a call that may still be running: the counterpart of AsyncResult.
template <class Result>
class Future {
 public:
  using Decode = Result (*)(const std::vector<Batch::Part>& parts);

  Future(std::weak_ptr<Dispatcher> dispatcher, std::shared_ptr<Batch> batch, Decode decode)
      : dispatcher_(std::move(dispatcher)), batch_(std::move(batch)), decode_(decode) {}

  /// Whether get() would return or throw at once.
  [[nodiscard]] bool ready() {
    if (const auto dispatcher = dispatcher_.lock(); dispatcher && !batch_->resolved()) {
      dispatcher->advance_without_waiting();
    }
    return batch_->resolved();
  }

  void wait() {
    if (const auto dispatcher = dispatcher_.lock()) dispatcher->wait(*batch_);
  }

  /// Waits for the result. Throws TaskError, WorkerLost or PoolClosed: of several failures, that of the lowest index.
  /// May be called again.
  Result get() {
    wait();
    return decode_(batch_->results());
  }

 private:
  std::weak_ptr<Dispatcher> dispatcher_;  // a pool that is gone has resolved all its batches
  std::shared_ptr<Batch> batch_;
  Decode decode_;
};

class ProcessPool {
 public:
  /// Forks the workers, 1 to 4,096, each of which runs the initialiser first. Throws std::invalid_argument,
  /// std::system_error.
  explicit ProcessPool(int workers, const std::function<void()>& initialiser = {})
      : dispatcher_(std::make_shared<Dispatcher>(workers, initialiser)), workers_(workers) {}

  /// Ends at once, as terminate().
  ~ProcessPool() { dispatcher_->terminate(); }
  ProcessPool(const ProcessPool&) = delete;
  ProcessPool& operator=(const ProcessPool&) = delete;

  /// One task in one worker; waits for its result.
  template <class Result, class... Arguments>
  Result apply(Result (*function)(Arguments...), std::type_identity_t<Arguments>... arguments) {
    return apply_async(function, std::forward<Arguments>(arguments)...).get();
  }

  template <class Result, class... Arguments>
  Future<Result> apply_async(Result (*function)(Arguments...), std::type_identity_t<Arguments>... arguments) {
    Encoder encoder;
    (encoder.put(arguments), ...);
    std::vector<Batch::Part> parts;
    parts.push_back({.first = 0, .items = 1, .bytes = encoder.take()});
    return submit<Result>(function, std::move(parts),
                          [](const std::vector<Batch::Part>& p) { return Decoder(p.front().bytes).get<Result>(); });
  }

  /// One task an item; waits for all. Tasks travel in chunks: by default ceil(n / (4 workers)) of them, as in Python.
  template <class Result, class Argument>
  std::vector<Result> map(Result (*function)(Argument), const std::vector<std::decay_t<Argument>>& items,
                          std::size_t chunk = 0) {
    return map_async(function, items, chunk).get();
  }

  template <class Result, class Argument>
  Future<std::vector<Result>> map_async(Result (*function)(Argument), const std::vector<std::decay_t<Argument>>& items,
                                        std::size_t chunk = 0) {
    if (chunk == 0) {
      const std::size_t chunks = 4 * static_cast<std::size_t>(workers_);
      chunk = std::max<std::size_t>(1, (items.size() + chunks - 1) / chunks);
    }
    std::vector<Batch::Part> parts;
    for (std::size_t first = 0; first < items.size(); first += chunk) {
      const std::size_t size = std::min(chunk, items.size() - first);
      Encoder encoder;
      for (std::size_t item = first; item < first + size; ++item) encoder.put(items[item]);
      parts.push_back({.first = first, .items = size, .bytes = encoder.take()});
    }
    return submit<std::vector<Result>>(function, std::move(parts), [](const std::vector<Batch::Part>& done) {
      std::vector<Result> results;
      for (const Batch::Part& part : done) {
        Decoder decoder(part.bytes);
        for (std::size_t item = 0; item < part.items; ++item) results.push_back(decoder.get<Result>());
      }
      return results;
    });
  }

  /// Takes no more tasks; those that were given run to their end.
  void close() { dispatcher_->close(); }

  /// After close(): waits until all tasks have ended and all workers have gone. Throws std::logic_error before close().
  void join() { dispatcher_->join(); }

  /// Kills the workers and reaps them; what had not ended is PoolClosed.
  void terminate() { dispatcher_->terminate(); }

  /// How the last worker that died before join() ended; nothing while all live.
  [[nodiscard]] std::optional<ExitStatus> lost() const { return dispatcher_->lost(); }

  /// Of the workers that live.
  [[nodiscard]] std::vector<pid_t> pids() const { return dispatcher_->pids(); }

 private:
  template <class Whole, class Result, class... Arguments>
  Future<Whole> submit(Result (*function)(Arguments...), std::vector<Batch::Part> parts,
                       typename Future<Whole>::Decode decode) {
    static_assert(!std::is_void_v<Result>, "a task returns something: its completion is its result");
    const Runner runner = [](ErasedFunction erased, std::uint64_t items, Decoder& in, Encoder& out, std::uint64_t& at) {
      const auto call = reinterpret_cast<Result (*)(Arguments...)>(erased);
      for (at = 0; at < items; ++at) {
        // Braces, since they alone fix the order in which the arguments are taken from the message.
        std::tuple<std::decay_t<Arguments>...> arguments{in.get<std::decay_t<Arguments>>()...};
        out.put(std::apply(call, std::move(arguments)));
      }
    };
    auto batch = dispatcher_->submit(runner, reinterpret_cast<ErasedFunction>(function), std::move(parts));
    return {dispatcher_, std::move(batch), decode};
  }

  std::shared_ptr<Dispatcher> dispatcher_;
  int workers_;
};

}  // namespace processes
