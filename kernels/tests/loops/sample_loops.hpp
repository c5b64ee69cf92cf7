// Loops of every kind that typed.hpp makes, for tests.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "loops/typed.hpp"

namespace sample_loops {

/// A loop and the parameters of some calls.
struct Sample {
  std::string name;
  loops::Loop loop;
  std::vector<std::vector<std::byte>> calls;
};

inline double root(std::int64_t task) { return std::sqrt(static_cast<double>(task) + 0.5); }

struct Scale {
  double factor = 1;
  std::int64_t offset = 0;
};

struct Result {
  double value;
  std::int64_t task;
  bool operator==(const Result&) const = default;
};

inline Result scaled(const Scale& scale, std::int64_t task) {
  return {scale.factor * static_cast<double>(task + scale.offset), task};
}

inline std::array<float, 3> powers(const Scale& scale, std::span<const double> data, std::int64_t task) {
  const auto x = static_cast<float>(data[static_cast<std::size_t>(task) % data.size()] * scale.factor);
  return {x, x * x, x * x * x};
}

/// Several results a task.
inline void multiples(std::span<const double> data, std::int64_t task, std::span<std::int32_t> results) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    results[i] =
        static_cast<std::int32_t>(data[i % data.size()]) + static_cast<std::int32_t>(task * std::ssize(results));
  }
}

/// A value, NaN, infinity, 0 and -0 in turn.
inline double special(std::int64_t task) {
  static constexpr std::array values{1.5, std::numeric_limits<double>::quiet_NaN(),
                                     std::numeric_limits<double>::infinity(), 0.0, -0.0};
  return values.at(static_cast<std::size_t>(task) % values.size());
}

/// A sum that depends on the order of its terms.
inline double harmonic(const Scale& scale, loops::Range tasks) {
  double sum = 0;
  for (std::int64_t i = tasks.begin; i < tasks.end; ++i) sum += scale.factor / static_cast<double>(i + 1);
  return sum;
}

struct Moments {
  double sum = 0;
  double squares = 0;
  std::int64_t count = 0;
  bool operator==(const Moments&) const = default;
};

struct AddMoments {
  Moments operator()(const Moments& one, const Moments& other) const {
    return {one.sum + other.sum, one.squares + other.squares, one.count + other.count};
  }
};

inline Moments moments(std::span<const double> data, loops::Range tasks) {
  Moments found;
  for (std::int64_t i = tasks.begin; i < tasks.end; ++i) {
    const double x = data[static_cast<std::size_t>(i)];
    found = AddMoments()(found, {x, x * x, 1});
  }
  return found;
}

/// The same with an element per task, made in parts.
inline Moments moments_of_part(loops::Part<double> data, loops::Range tasks) {
  Moments found;
  for (std::int64_t i = tasks.begin; i < tasks.end; ++i) found = AddMoments()(found, {data[i], data[i] * data[i], 1});
  return found;
}

/// An exact sum, which a backend may add in any order.
inline std::int64_t sum_of_part(const Scale& scale, loops::Part<std::int64_t> data, loops::Range tasks) {
  std::int64_t sum = 0;
  for (std::int64_t i = tasks.begin; i < tasks.end; ++i) sum += data[i] + scale.offset;
  return sum;
}

/// Values that depend on the task alone.
template <class Element>
processes::SharedMemory squares(loops::Range tasks) {
  std::vector<Element> values;
  for (std::int64_t i = tasks.begin; i < tasks.end; ++i) values.push_back(static_cast<Element>(i * i) / 3);
  return loops::shared(values);
}

/// Histogram of the elements by their integer part; needs results that are initially zero.
inline void histogram(const Scale& scale, std::span<const double> data, loops::Range tasks,
                      std::span<std::int64_t> bins) {
  for (std::int64_t i = tasks.begin; i < tasks.end; ++i) {
    const double x = std::fabs(data[static_cast<std::size_t>(i)] * scale.factor);
    ++bins[std::min(static_cast<std::size_t>(x), bins.size() - 1)];
  }
}

inline std::vector<double> numbers(std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = std::fmod(static_cast<double>(i) * 0.37, 5.0) - 1.7;
  return values;
}

/// Every kind of loop, with that many tasks.
inline std::vector<Sample> every(std::int64_t tasks) {
  const auto values = numbers(static_cast<std::size_t>(tasks) + 1);  // data also without tasks
  const auto data = loops::shared(std::span<const double>(values));
  const std::vector<std::vector<std::byte>> none{{}, {}};
  const std::vector different{loops::bytes_of(Scale{2, 1}), loops::bytes_of(Scale{-0.3, 5}),
                              loops::bytes_of(Scale{2, 1})};
  return {
      {"reduce with data in parts",
       loops::reduce<moments_of_part, AddMoments>({.tasks = tasks, .make = squares<double>}), none},
      {"sum with data in parts",
       loops::reduce<sum_of_part, std::plus<>>({.tasks = tasks, .make = squares<std::int64_t>}), different},
      {"map of double", loops::map<root>({.tasks = tasks}), none},
      {"map of a struct", loops::map<scaled>({.tasks = tasks}), different},
      {"map of std::array", loops::map<powers>({.tasks = tasks, .data = data}), different},
      {"map of several elements", loops::map<multiples>({.tasks = tasks, .elements = 5, .data = data}), none},
      {"map of special values", loops::map<special>({.tasks = tasks}), none},
      {"map in seven blocks", loops::map<root>({.tasks = tasks, .blocks = 7}), none},
      {"reduce of double", loops::reduce<harmonic, std::plus<>>({.tasks = tasks}), different},
      {"reduce in blocks of one task", loops::reduce<harmonic, std::plus<>>({.tasks = tasks, .blocks = 4096}),
       different},
      {"reduce of a struct", loops::reduce<moments, AddMoments>({.tasks = tasks, .data = data}), none},
      {"reduce of several elements",
       loops::reduce<histogram, std::plus<>>({.tasks = tasks, .elements = 4, .data = data}), different},
  };
}

/// The answer by the loop's functions alone, without a backend.
inline std::vector<std::byte> answer(const loops::Loop& loop, std::span<const std::byte> parameters) {
  const auto data = loop.make != nullptr ? loop.make({0, loop.tasks}) : loop.data;
  const loops::Input input{parameters.data(), nullptr, data.bytes(), loop.result_bytes};
  const loops::Blocks blocks(loop, 1);
  std::vector<std::byte> results(blocks.result_bytes());
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    loop.run(input, blocks.tasks(block), results.data() + blocks.offset(block));
  }
  if (loop.merge == nullptr) return results;
  std::vector<std::byte> merged(results.begin(), results.begin() + static_cast<std::ptrdiff_t>(loop.result_bytes));
  for (std::size_t block = 1; block < blocks.size(); ++block) {
    loop.merge(merged, std::span(results).subspan(blocks.offset(block), loop.result_bytes));
  }
  return merged;
}

}  // namespace sample_loops
