// Memory-bound: the dot product of two vectors; every element is read once.
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include "loops/registry.hpp"

namespace {

/// The dot product of a range of elements; the second vector follows the first.
double dot(std::span<const double> both, loops::Range elements) {
  const auto x = both.first(both.size() / 2);
  const auto y = both.last(both.size() / 2);
  double sum = 0;
  for (auto i = static_cast<std::size_t>(elements.begin); i < static_cast<std::size_t>(elements.end); ++i) {
    sum += x[i] * y[i];
  }
  return sum;
}

loops::Work make(std::int64_t size) {
  processes::SharedMemory memory(2 * static_cast<std::size_t>(size) * sizeof(double));
  auto* const values = reinterpret_cast<double*>(memory.data());
  for (std::int64_t i = 0; i < 2 * size; ++i) values[i] = 1.0 / static_cast<double>(i + 1);
  return {loops::reduce<dot, std::plus<>>({.tasks = size, .data = std::move(memory)})};
}

const loops::Registration dot_registration({
    .name = "dot",
    .summary = "the dot product of two vectors in memory",
    .sizes = {30'000, 1'000'000, 10'000'000},
    .make = make,
});

}  // namespace
