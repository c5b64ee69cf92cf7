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

/// A task of that function in a worker. `Parameters` is the tuple of what it takes.
template <class Function, class Parameters>
struct Task;

template <class Function, class... Parameter>
struct Task<Function, std::tuple<Parameter...>> {
  using Parameters = std::tuple<Parameter...>;
  using Result = Kept<typename ResultOf<Function, Parameters>::type>;
  using State = Callable<Function>;

  static_assert(!is_view<Result> && !std::is_reference_v<typename ResultOf<Function, Parameters>::type>,
                "what a result would refer to stays in the worker");

  /// From a message to an answer.
  static void run(ErasedFunction erased, Decoder& in, Answer& answer) {
    Function function = State::get(erased, in);
    // Braces, since they alone fix the order in which the arguments are taken from the message.
    Parameters arguments{in.get<Parameter>()...};
    const Result result = call_with(function, std::move(arguments));
    answer.give([&result](Encoder& out) { out.put(result); });
  }

  /// Whether arguments and results travel as their bytes, whatever they hold: they have places of their own then.
  static constexpr bool has_places = Plain<Result> && (Plain<Parameter> && ...);

  /// Of a task's place: what the function has captured, and its arguments, one behind another.
  static constexpr std::size_t state_bytes = State::has_state ? sizeof(Function) : 0;
  static constexpr std::size_t argument_bytes = state_bytes + (sizeof(Parameter) + ... + 0);

  /// The same from place to place.
  static void run_in_place(ErasedFunction erased, const std::byte* place, std::byte* result, void (*check)()) {
    Decoder in({reinterpret_cast<const char*>(place), argument_bytes});
    Function function = State::get(erased, in);
    Parameters arguments{in.get_object<Parameter>()...};
    const Result given = call_with(function, std::move(arguments));
    check();
    std::memcpy(result, &given, sizeof given);
  }
};

/// What of a task's outcome a caller can have next to the others': its value or its error. Of a task that returns
/// nothing the value is Nothing, so that it can be asked for too.
template <class Result>
struct Outcome {
  std::optional<Kept<Result>> value;
  std::exception_ptr error;  ///< if there is no value
};

/// A batch whose call has a result of that type.
template <class Result>
class ResultBatch : public Batch {
 public:
  using Batch::Batch;
  /// Throws as check(). What cannot be copied is there once; std::logic_error from then on.
  [[nodiscard]] virtual Result result() = 0;
};

/// Gives a copy, or what cannot be copied once.
template <class Value>
Value copy_or_take(std::optional<Value>& value) {
  if constexpr (std::copy_constructible<Value>) {
    return *value;
  } else {
    if (!value) throw std::logic_error("a result that cannot be copied was taken twice");
    Value taken = std::move(*value);
    value.reset();
    return taken;
  }
}

/// One task. The tuple holds the arguments or refers to those of a caller that waits.
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

/// The results of a task an item.
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

  /// As result(): what cannot be copied is there once.
  [[nodiscard]] std::vector<Outcome<Result>> outcomes() {
    std::vector<Outcome<Result>> all;
    all.reserve(results_.size());
    for (std::size_t index = 0; index < results_.size(); ++index) {
      const auto error = this->errors().find(index);
      if (error != this->errors().end()) {
        all.push_back({std::nullopt, error->second});
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

/// An item is the one argument of its task.
struct OneArgument {
  template <class Item, class Put>
  static void each(const Item& item, const Put& put) {
    put(item);
  }
};
/// An item is the tuple of its task's arguments.
struct AllArguments {
  template <class Item, class Put>
  static void each(const Item& item, const Put& put) {
    std::apply([&put](const auto&... argument) { (put(argument), ...); }, item);
  }
};

/// `Items` is a vector, or a span of one whose owner waits.
template <class Function, class Parameters, class Items, class Arguments>
class MapBatch : public ItemsBatch<typename Task<Function, Parameters>::Result> {
 public:
  using Task = processes::Task<Function, Parameters>;
  using Item = typename Items::value_type;

  MapBatch(Callable<Function> function, Items items)
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
