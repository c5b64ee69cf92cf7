// A pool of worker processes: the counterpart of multiprocessing.Pool.
//
//   processes::ProcessPool pool(4);
//   std::vector<long> cubes = pool.map([](long x) { return x * x * x; }, {1, 2, 3, 4, 5, 6});
//
// Which functions, arguments and results are possible: pool/calls/callable.hpp and transport/wire.hpp. A parameter of
// type std::span<const T> or std::string_view refers to the received message, without a copy, until the task returns.
// Results come in the order of the arguments.
//
// What can fail, and how. All but the last are PoolError. Every task is resolved exactly once, in bounded time after
// its worker has ended it or has died:
//   the task throws                 TaskError, with type and message, or what PoolOptions::rethrown says; the worker
//                                   goes on
//   its worker dies in it           WorkerLost, with signal or exit code; it is started at most once. With
//                                   options.attempts > 1 it is retried alone, and WorkerLost after the last attempt. No
//                                   other task is lost: those of the same chunk that had ended keep their results,
//                                   those that had not started go to another worker
//   it runs past its deadline       DeadlineExceeded; its worker is killed, even if it is stopped (SIGSTOP)
//   it is cancelled                 Cancelled; a worker that runs it is killed
//   its arguments are too large     MessageTooLarge (TaskError for a result that is too large), or OutOfAddressSpace
//   the pool ends, or can start     PoolClosed; a worker that dies is replaced, unless many in a row die before they
//   no worker any more              are ready
//   the program has no memory       std::bad_alloc, for the task or from get(), wait() or next(), which can be repeated
//
// A worker that dies while idle costs only its replacement. A supervisor process forks the workers, see
// workers/supervisor.hpp: make the pool before the program's first thread, or use a ForkServer (fork_server.hpp). A
// task may make a pool of its own.
//
// A pool has no thread, except with PoolOptions::driver: work advances while a call of the pool or of one of its
// futures runs. Any thread may make any call, and a waiting thread may be cancelled (pthread_cancel(3)). Tasks of one
// call must not wait for each other: a worker may have several of them.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <new>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "processes/pool/calls/call_batch.hpp"
#include "processes/pool/calls/future.hpp"
#include "processes/pool/calls/items.hpp"
#include "processes/pool/calls/results.hpp"
#include "processes/pool/dispatcher.hpp"

namespace processes {

/// A function that returns void, with its arguments: for PoolOptions::initialiser.
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

class ProcessPool {
 public:
  /// Starts the workers, 1 to 4,096; by default as many as there are usable CPUs. Throws std::invalid_argument,
  /// std::system_error, and std::logic_error in a program with threads and without a ForkServer.
  explicit ProcessPool(int workers = default_workers(), PoolOptions options = {})
      : dispatcher_(std::make_shared<Dispatcher>(workers, std::move(options))), workers_(workers) {}

  /// Ends at once, as terminate() does.
  ~ProcessPool() { dispatcher_->terminate(); }
  ProcessPool(const ProcessPool&) = delete;
  ProcessPool& operator=(const ProcessPool&) = delete;

  /// Runs one task in one worker; waits for its result. Throws what Future::get() throws. Options come first:
  /// pool.apply({.deadline = 1s}, function, argument).
  template <class F, class... Given>
  auto apply(const CallOptions& options, F&& function, Given&&... arguments) {
    using Function = std::decay_t<F>;
    using Parameters = typename ParametersOf<Function, Given...>::type;
    const auto batch = [&]<class... Parameter>(std::type_identity<std::tuple<Parameter...>>) {
      using Shown = std::tuple<ShownAs<Parameter, Given>...>;
      return std::make_shared<ApplyBatch<Function, Parameters, Shown>>(callable(std::forward<F>(function)),
                                                                       Shown(arguments...));
    }(std::type_identity<Parameters>());
    finish(batch, 1, options);
    return given<typename ResultOf<Function, Parameters>::type>(*batch);
  }
  template <class F, class... Given>
    requires(!std::is_same_v<std::decay_t<F>, CallOptions>)
  auto apply(F&& function, Given&&... arguments) {
    return apply(CallOptions(), std::forward<F>(function), std::forward<Given>(arguments)...);
  }

  template <class F, class... Given>
  auto apply_async(const CallOptions& options, F&& function, Given&&... arguments) {
    using Function = std::decay_t<F>;
    using Parameters = typename ParametersOf<Function, Given...>::type;
    auto batch = [&]<class... Parameter>(std::type_identity<std::tuple<Parameter...>>) {
      using Owning = std::tuple<Owned<Parameter>...>;
      return std::make_shared<ApplyBatch<Function, Parameters, Owning>>(
          callable(std::forward<F>(function)), Owning(own<Parameter>(std::forward<Given>(arguments))...));
    }(std::type_identity<Parameters>());
    submit(batch, 1, options, true);
    return Future<typename ResultOf<Function, Parameters>::type>(dispatcher_, std::move(batch));
  }
  template <class F, class... Given>
    requires(!std::is_same_v<std::decay_t<F>, CallOptions>)
  auto apply_async(F&& function, Given&&... arguments) {
    return apply_async(CallOptions(), std::forward<F>(function), std::forward<Given>(arguments)...);
  }

  /// One task an item of any range; waits for all. Tasks are sent in chunks, by default of ceil(n / (4 workers)) tasks,
  /// as in Python. Returns a std::vector of the results in the order of the items; void if the tasks return void.
  template <class F, std::ranges::input_range Items>
  auto map(F&& function, Items&& items, const CallOptions& options = {}) {
    return map_now<OneArgument>(callable(std::forward<F>(function)), std::forward<Items>(items), options);
  }
  template <class F, class Item>
  auto map(F&& function, std::initializer_list<Item> items, const CallOptions& options = {}) {
    return map(std::forward<F>(function), std::vector<Item>(items), options);
  }
  template <class F, std::ranges::input_range Items>
  auto map_async(F&& function, Items&& items, const CallOptions& options = {}) {
    return map_later<OneArgument>(callable(std::forward<F>(function)), std::forward<Items>(items), options);
  }

  template <class F, class Item>
  auto map_async(F&& function, std::initializer_list<Item> items, const CallOptions& options = {}) {
    return map_async(std::forward<F>(function), std::vector<Item>(items), options);
  }

  /// As map, with several arguments a task: items are tuples, pairs or arrays. zip() makes tuples from several ranges.
  template <class F, std::ranges::input_range Items>
  auto starmap(F&& function, Items&& items, const CallOptions& options = {}) {
    return map_now<AllArguments>(callable(std::forward<F>(function)), std::forward<Items>(items), options);
  }
  template <class F, std::ranges::input_range Items>
  auto starmap_async(F&& function, Items&& items, const CallOptions& options = {}) {
    return map_later<AllArguments>(callable(std::forward<F>(function)), std::forward<Items>(items), options);
  }

  /// As map, with results one by one in the order of the items. The range is read, and tasks are submitted, only as far
  /// ahead as options.window allows, so it may be infinite. A view or an lvalue must outlive the results.
  template <class F, std::ranges::input_range Items>
  auto imap(F&& function, Items&& items, const CallOptions& options = {}) {
    return stream<Items>(callable(std::forward<F>(function)), std::forward<Items>(items), options, true);
  }
  /// As imap, in the order in which tasks end.
  template <class F, std::ranges::input_range Items>
  auto imap_unordered(F&& function, Items&& items, const CallOptions& options = {}) {
    return stream<Items>(callable(std::forward<F>(function)), std::forward<Items>(items), options, false);
  }

  /// Accepts no more tasks; submitted ones run to their end.
  void close() { dispatcher_->close(); }

  /// After close(): waits until all tasks and all workers have ended. Throws std::logic_error before close().
  void join() { dispatcher_->join(); }

  /// Kills the workers and the processes that their tasks have left running. Unresolved tasks end with PoolClosed.
  void terminate() { dispatcher_->terminate(); }

  /// How the last lost worker ended; nothing if none was lost.
  [[nodiscard]] std::optional<ExitStatus> lost() const { return dispatcher_->lost(); }
  [[nodiscard]] PoolStatistics statistics() const { return dispatcher_->statistics(); }

  /// Pids of the workers that are known to live.
  [[nodiscard]] std::vector<pid_t> pids() const { return dispatcher_->pids(); }

 private:
  template <class F>
  static Callable<std::decay_t<F>> callable(F&& function) {
    return Callable<std::decay_t<F>>(std::forward<F>(function));
  }

  /// What a resolved call returns, or throws: also one of tasks that return void.
  template <class Result, class Batch>
  static auto given(Batch& batch) {
    if constexpr (std::is_void_v<Result>) {
      batch.check();
    } else {
      return batch.take_result();
    }
  }

  template <class Arguments, class Function, class Items>
  auto kept_batch(Callable<Function> function, Items&& items) {
    using From = TakenFrom<Arguments, Function, Items>;
    using Vector = std::vector<typename From::Element>;
    using Made = MapBatch<Function, typename From::Parameters, Vector, Arguments>;
    if constexpr (std::is_same_v<std::remove_cvref_t<Items>, Vector>) {
      return std::make_shared<Made>(std::move(function), Vector(std::forward<Items>(items)));
    } else {
      Vector kept;
      if constexpr (std::ranges::sized_range<Items>) kept.reserve(std::ranges::size(items));
      for (auto&& item : items) kept.push_back(From::keep(std::forward<decltype(item)>(item)));
      return std::make_shared<Made>(std::move(function), std::move(kept));
    }
  }

  template <class Arguments, class Function, class Items>
  auto map_now(Callable<Function> function, Items&& items, const CallOptions& options) {
    using From = TakenFrom<Arguments, Function, Items>;
    const auto run = [&](const auto& batch) {
      finish(batch, chunk_of(batch->tasks(), options), options);
      return given<typename ResultOf<Function, typename From::Parameters>::type>(*batch);
    };
    if constexpr (std::ranges::contiguous_range<Items> && std::ranges::sized_range<Items> &&
                  std::is_same_v<std::ranges::range_value_t<Items>, typename From::Element>) {
      // The caller waits, so the items are read in place.
      using Shown = std::span<const typename From::Element>;
      return run(std::make_shared<MapBatch<Function, typename From::Parameters, Shown, Arguments>>(
          std::move(function), Shown(std::ranges::data(items), std::ranges::size(items))));
    } else {
      return run(kept_batch<Arguments>(std::move(function), std::forward<Items>(items)));
    }
  }

  template <class Arguments, class Function, class Items>
  auto map_later(Callable<Function> function, Items&& items, const CallOptions& options) {
    using From = TakenFrom<Arguments, Function, Items>;
    auto batch = kept_batch<Arguments>(std::move(function), std::forward<Items>(items));
    submit(batch, chunk_of(batch->tasks(), options), options, true);
    return MapFuture<typename ResultOf<Function, typename From::Parameters>::type>(dispatcher_, std::move(batch));
  }

  /// `Items` is a reference type, which refers to the caller's range, or a value type, which is stored.
  template <class Items, class Function>
  auto stream(Callable<Function> function, Items&& items, const CallOptions& options, bool ordered) {
    using From = TakenFrom<OneArgument, Function, Items>;
    using Result = typename ResultOf<Function, typename From::Parameters>::type;
    using Elements = std::vector<typename From::Element>;
    struct Source {
      Items items;
      std::optional<std::ranges::iterator_t<Items>> next;  // empty until the first item is read
      bool passed;                                         // the current item was read
      Elements taken;                                      // of the next chunk; kept if the range throws
      std::shared_ptr<ItemsBatch<Kept<Result>>> made;      // the next chunk, until it is submitted
    };
    const auto source = std::make_shared<Source>(Source{std::forward<Items>(items), std::nullopt, false, {}, nullptr});
    constexpr std::size_t most_chunk = std::size_t{1} << 40U;  // larger than any range
    const std::size_t wanted = std::clamp<std::size_t>(options.chunk, 1, most_chunk);
    const auto workers = static_cast<std::size_t>(workers_);
    const std::size_t window = options.window > 0 ? options.window : 4 * workers * wanted;
    const std::size_t chunk = std::min(wanted, std::max<std::size_t>(1, window / workers));  // one for each worker
    auto submit_next = [weak = std::weak_ptr(dispatcher_), function, source, chunk,
                        options](std::size_t position) -> std::shared_ptr<ItemsBatch<Kept<Result>>> {
      auto& [from, next, passed, taken, made] = *source;
      if (!next) next.emplace(std::ranges::begin(from));
      // Incrementing may block in some ranges, so it is done only when another item is wanted.
      while (!made && taken.size() < chunk) {
        if (std::exchange(passed, false)) ++*next;
        if (*next == std::ranges::end(from)) break;
        taken.push_back(From::keep(**next));
        passed = true;
      }
      if (!made && taken.empty()) return nullptr;
      const auto dispatcher = weak.lock();
      if (!dispatcher) throw PoolClosed("the pool was destroyed before all tasks of an imap were submitted");
      if (!made) {
        made = std::make_shared<MapBatch<Function, typename From::Parameters, Elements, OneArgument>>(function,
                                                                                                      std::move(taken));
        taken.clear();
      }
      made->set_terms({options.deadline, position, true});
      try {
        dispatcher->submit(made, chunk);
      } catch (const std::bad_alloc&) {
        throw;  // the next call submits it
      } catch (const PoolClosed&) {
        throw;  // the next call throws it again, also after the last item
      } catch (...) {
        made = nullptr;
        throw;
      }
      return std::exchange(made, nullptr);
    };
    return Results<Result>(dispatcher_, std::move(submit_next), chunk, window, ordered);
  }

  [[nodiscard]] std::size_t chunk_of(std::size_t items, const CallOptions& options) const {
    const std::size_t chunks = 4 * static_cast<std::size_t>(workers_);
    return options.chunk > 0 ? options.chunk : std::max<std::size_t>(1, (items + chunks - 1) / chunks);
  }

  void submit(const std::shared_ptr<Batch>& batch, std::size_t chunk, const CallOptions& options,
              bool may_be_cancelled) {
    batch->set_terms({options.deadline, 0, may_be_cancelled});
    dispatcher_->submit(batch, chunk);
  }

  /// The batch may refer to the caller's arguments, so this returns only after it is resolved or abandoned.
  void finish(const std::shared_ptr<Batch>& batch, std::size_t chunk, const CallOptions& options) {
    submit(batch, chunk, options, false);
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
