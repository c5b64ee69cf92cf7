// The batches of ProcessPool: typed arguments and results.
#pragma once

#include <cstring>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "processes/pool/batch.hpp"

namespace processes {

/// What a worker does for one task of a function of that type.
template <class Result, class... Arguments>
void run_task(ErasedFunction function, Decoder& in, Answer& answer) {
  const auto call = reinterpret_cast<Result (*)(Arguments...)>(function);
  // Braces, since they alone fix the order in which the arguments are taken from the message.
  std::tuple<std::decay_t<Arguments>...> arguments{in.get<std::decay_t<Arguments>>()...};
  const Result result = std::apply(call, std::move(arguments));
  answer.give([&result](Encoder& out) { out.put(result); });
}

/// Whether an argument or a result of that type travels as its bytes, whatever it holds: it has a place of its own.
template <class T>
inline constexpr bool has_place = Plain<std::decay_t<T>> && alignof(std::decay_t<T>) <= wire_alignment;

/// The same from place to place.
template <class Result, class Argument>
void run_in_place(ErasedFunction function, const std::byte* argument, std::byte* result, void (*check)()) {
  const auto call = reinterpret_cast<Result (*)(Argument)>(function);
  std::decay_t<Argument> taken;
  std::memcpy(&taken, argument, sizeof taken);
  const Result given = call(std::move(taken));
  check();
  std::memcpy(result, &given, sizeof given);
}

/// What of a task's outcome a caller can have next to the others': its value or its error.
template <class Result>
struct Outcome {
  std::optional<Result> value;
  std::exception_ptr error;  ///< if there is no value
};

/// A batch whose call has a result of that type.
template <class Result>
class ResultBatch : public Batch {
 public:
  using Batch::Batch;
  [[nodiscard]] virtual Result result() const = 0;  ///< throws as check()
};

/// One task. The tuple holds the arguments or refers to those of a caller that waits.
template <class Result, class Arguments>
class ApplyBatch : public ResultBatch<Result> {
 public:
  ApplyBatch(Runner run, ErasedFunction called, Arguments arguments)
      : ResultBatch<Result>(run, called, 1), arguments_(std::move(arguments)) {}

  void encode(std::size_t, Encoder& out) const override {
    std::apply([&out](const auto&... argument) { (out.put(argument), ...); }, arguments_);
  }

  [[nodiscard]] Result result() const override {
    this->check();
    return *result_;
  }
  Result take_result() {
    this->check();
    return std::move(*result_);
  }

 private:
  void store(std::size_t, Decoder& in) override { result_.emplace(in.get<Result>()); }

  Arguments arguments_;
  std::optional<Result> result_;
};

/// The results of a task an item.
template <class Result>
class ItemsBatch : public ResultBatch<std::vector<Result>> {
 public:
  ItemsBatch(Runner run, ErasedFunction called, std::size_t size)
      : ResultBatch<std::vector<Result>>(run, called, size), results_(size) {}

  [[nodiscard]] std::vector<Result> result() const override {
    this->check();
    std::vector<Result> all;
    all.reserve(results_.size());
    for (const auto& result : results_) all.push_back(*result);
    return all;
  }
  std::vector<Result> take_result() {
    this->check();
    std::vector<Result> all;
    all.reserve(results_.size());
    for (auto& result : results_) all.push_back(std::move(*result));
    return all;
  }

  [[nodiscard]] std::vector<Outcome<Result>> outcomes() const {
    std::vector<Outcome<Result>> all;
    all.reserve(results_.size());
    for (const auto& result : results_) all.push_back({result, nullptr});
    for (const auto& [index, error] : this->errors()) all[index].error = error;
    return all;
  }

 private:
  void store(std::size_t index, Decoder& in) override { results_[index].emplace(in.get<Result>()); }

  std::vector<std::optional<Result>> results_;
};

/// `Items` is a vector, or a span of one whose owner waits.
template <class Result, class Items>
class MapBatch : public ItemsBatch<Result> {
 public:
  using Item = typename Items::value_type;

  MapBatch(Runner run, InPlace in_place, ErasedFunction called, Items items)
      : ItemsBatch<Result>(run, called, items.size()), in_place_(in_place), items_(std::move(items)) {}

  void encode(std::size_t index, Encoder& out) const override { out.put(items_[index]); }

  [[nodiscard]] CallShape shape() const override {
    return {in_place_, this->function(), this->tasks(), 1, sizeof(Item), sizeof(Result)};
  }
  void place(std::byte* arguments) const override {
    if constexpr (has_place<Item> && !std::is_same_v<Item, bool>) {
      if (!items_.empty()) std::memcpy(arguments, items_.data(), items_.size() * sizeof(Item));
    }
  }

 private:
  InPlace in_place_;  // null if there is none
  Items items_;
};

}  // namespace processes
