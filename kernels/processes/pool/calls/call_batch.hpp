// The batches of ProcessPool: typed functions, arguments and results.
#pragma once

#include <array>
#include <concepts>
#include <cstring>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "processes/pool/batch.hpp"
#include "processes/pool/calls/callable.hpp"

namespace processes {

/// A task that calls `Function` in a worker. `Parameters` is the tuple of its parameter types.
template <class Function, class Parameters>
struct Task;

template <class Function, class... Parameter>
struct Task<Function, std::tuple<Parameter...>> {
  using Parameters = std::tuple<Parameter...>;
  using Result = Kept<typename ResultOf<Function, Parameters>::type>;
  using State = Callable<Function>;

  static_assert(!is_view<Result> && !std::is_reference_v<typename ResultOf<Function, Parameters>::type>,
                "a task cannot return a reference or a view: what it refers to stays in the worker");

  /// Decodes the arguments, calls the function and sends its result.
  static void run(ErasedFunction erased, Decoder& in, Answer& answer) {
    Function function = State::get(erased, in);
    // Braced initialisation: only this guarantees that arguments are decoded from left to right.
    Parameters arguments{in.get<Parameter>()...};
    const Result result = call_with(function, std::move(arguments));
    answer.give([&result](Encoder& out) { out.put(result); });
  }

  /// Whether arguments and results are copied byte by byte, so that each has a fixed slot on the board.
  static constexpr bool has_places = Plain<Result> && (Plain<Parameter> && ...);

  /// A slot holds the function's captures, then its arguments, without gaps.
  static constexpr std::size_t state_bytes = State::has_state ? sizeof(Function) : 0;
  static constexpr std::size_t argument_bytes = state_bytes + (sizeof(Parameter) + ... + 0);

  /// The same, from an argument slot to a result slot.
  static void run_in_place(ErasedFunction erased, const std::byte* place, std::byte* result, void (*check)()) {
    Decoder in({reinterpret_cast<const char*>(place), argument_bytes});
    Function function = State::get(erased, in);
    Parameters arguments{in.get_object<Parameter>()...};
    const Result given = call_with(function, std::move(arguments));
    check();
    std::memcpy(result, &given, sizeof given);
  }
};

/// The outcome of one task: its value or its error. The value of a task that returns void is Nothing.
template <class Result>
struct Outcome {
  std::optional<Kept<Result>> value;
  std::exception_ptr error;  ///< set if there is no value
};

/// A batch whose call returns a `Result`.
template <class Result>
class ResultBatch : public Batch {
 public:
  using Batch::Batch;
  /// Throws what check() throws. A move-only result can be taken once; then std::logic_error.
  [[nodiscard]] virtual Result result() = 0;
};

/// Copies the value, or moves it out if it is move-only.
template <class Value>
Value copy_or_take(std::optional<Value>& value) {
  if constexpr (std::copy_constructible<Value>) {
    return *value;
  } else {
    if (!value)
      throw std::logic_error("a result that cannot be copied was taken twice: keep what the first call returned");
    Value taken = std::move(*value);
    value.reset();
    return taken;
  }
}

/// One task. The tuple owns the arguments, or refers to those of a caller that waits.
template <class Function, class Parameters, class Arguments>
class ApplyBatch : public ResultBatch<typename Task<Function, Parameters>::Result> {
 public:
  using Task = processes::Task<Function, Parameters>;
  using Result = typename Task::Result;

  ApplyBatch(Callable<Function> function, Arguments arguments)
      : ResultBatch<Result>(&Task::run, function.template erased<&Task::run>(), 1),
        function_(std::move(function)),
        arguments_(std::move(arguments)) {}

  void encode(std::size_t, Encoder& out) const override {
    function_.put(out);
    std::apply([&out](const auto&... argument) { (out.put(argument), ...); }, arguments_);
  }

  [[nodiscard]] Result result() override {
    this->check();
    return copy_or_take(result_);
  }
  Result take_result() {
    this->check();
    return std::move(*result_);
  }

 private:
  void store(std::size_t, Decoder& in) override { result_.emplace(in.get<Result>()); }

  Callable<Function> function_;
  Arguments arguments_;
  std::optional<Result> result_;
};

/// One task an item; the result is the vector of their results.
template <class Result>
class ItemsBatch : public ResultBatch<std::vector<Result>> {
 public:
  ItemsBatch(Runner run, ErasedFunction called, std::size_t size)
      : ResultBatch<std::vector<Result>>(run, called, size), results_(size) {}

  [[nodiscard]] std::vector<Result> result() override {
    this->check();
    std::vector<Result> all;
    all.reserve(results_.size());
    for (auto& result : results_) all.push_back(copy_or_take(result));
    return all;
  }
  std::vector<Result> take_result() {
    this->check();
    std::vector<Result> all;
    all.reserve(results_.size());
    for (auto& result : results_) all.push_back(std::move(*result));
    return all;
  }

  /// As result(): move-only values can be taken once.
  [[nodiscard]] std::vector<Outcome<Result>> outcomes() {
    std::vector<Outcome<Result>> all;
    all.reserve(results_.size());
    for (std::size_t index = 0; index < results_.size(); ++index) {
      if (auto error = results_[index] ? nullptr : this->error(index)) {
        all.push_back({std::nullopt, std::move(error)});
      } else {
        all.push_back({copy_or_take(results_[index]), nullptr});
      }
    }
    return all;
  }

 private:
  void store(std::size_t index, Decoder& in) override { results_[index].emplace(in.get<Result>()); }

  std::vector<std::optional<Result>> results_;
};

/// An item is the only argument of its task.
struct OneArgument {
  template <class Item, class Put>
  static void each(const Item& item, const Put& put) {
    put(item);
  }
};
/// An item is a tuple of its task's arguments.
struct AllArguments {
  template <class Item, class Put>
  static void each(const Item& item, const Put& put) {
    std::apply([&put](const auto&... argument) { (put(argument), ...); }, item);
  }
};

/// `Items` is a vector, or a span if the caller waits.
template <class Function, class Parameters, class Items, class Arguments>
class MapBatch : public ItemsBatch<typename Task<Function, Parameters>::Result> {
 public:
  using Task = processes::Task<Function, Parameters>;
  using Item = typename Items::value_type;

  /// If it throws, `items` are as they were.
  MapBatch(Callable<Function> function, Items&& items)
      : ItemsBatch<typename Task::Result>(&Task::run, function.template erased<&Task::run>(), items.size()),
        function_(std::move(function)),
        items_(std::move(items)) {}

  void encode(std::size_t index, Encoder& out) const override {
    function_.put(out);
    Arguments::each(static_cast<const Item&>(items_[index]), [&out](const auto& argument) { out.put(argument); });
  }

  [[nodiscard]] CallShape shape() const override {
    if constexpr (Task::has_places) {
      return {&Task::run_in_place,          this->function(), this->tasks(), 1, Task::argument_bytes,
              sizeof(typename Task::Result)};
    } else {
      return {};
    }
  }

  void place(std::byte* places) const override {
    if constexpr (!Task::has_places) {
      return;
    } else if constexpr (!Callable<Function>::has_state && std::is_same_v<Arguments, OneArgument> &&
                         requires { items_.data(); }) {
      if (!items_.empty()) std::memcpy(places, items_.data(), items_.size() * sizeof(Item));
    } else {
      for (const auto& item : items_) {
        Encoder out(std::span(reinterpret_cast<char*>(places), Task::argument_bytes));
        function_.put(out);
        Arguments::each(static_cast<const Item&>(item), [&out](const auto& argument) { out.put_object(argument); });
        places += Task::argument_bytes;
      }
    }
  }

 private:
  Callable<Function> function_;
  Items items_;
};

}  // namespace processes
