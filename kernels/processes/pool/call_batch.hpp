// The batches of ProcessPool: typed arguments and results.
#pragma once

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
  MapBatch(Runner run, ErasedFunction called, Items items)
      : ItemsBatch<Result>(run, called, items.size()), items_(std::move(items)) {}

  void encode(std::size_t index, Encoder& out) const override { out.put(items_[index]); }

 private:
  Items items_;
};

}  // namespace processes
