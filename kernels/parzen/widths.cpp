#include "parzen/widths.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace parzen {

std::vector<double> linspace(double first, double last, std::size_t size) {
  std::vector<double> values(size, first);
  if (size < 2) return values;
  const double step = (last - first) / static_cast<double>(size - 1);
  for (std::size_t i = 1; i + 1 < size; ++i) values[i] = static_cast<double>(i) * step + first;
  values.back() = last;
  return values;
}

std::vector<double> stepped(double first, double last, double step) {
  constexpr double tolerance = 1e-6;  // of a step; rounding moves 10^6 decimal steps such as 0.1 by about 10^-10
  constexpr double most = 1e6;
  if (!std::isfinite(first) || !std::isfinite(last) || !std::isfinite(step) || step <= 0 || last < first) {
    throw std::invalid_argument(
        fmt::format("{} to {} in steps of {} is not a range: first:last:step needs finite numbers, first <= last "
                    "and a step greater than 0",
                    first, last, step));
  }
  const double steps = std::round((last - first) / step);
  if (steps >= most) {
    throw std::invalid_argument(fmt::format("{}:{}:{} is {} values: choose a larger step, the limit is {} values",
                                            first, last, step, steps + 1, most));
  }
  if (std::abs((last - first) / step - steps) > tolerance) {
    throw std::invalid_argument(
        fmt::format("steps of {} do not lead from {} to {}, both included: choose a step that does, or list the values "
                    "with commas",
                    step, first, last));
  }
  // NumPy's step is the rounded difference of its first two values, not the requested step.
  const double numpy_step = (first + step) - first;
  std::vector<double> values(static_cast<std::size_t>(steps) + 1);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = first + static_cast<double>(i) * numpy_step;
  return values;
}

}  // namespace parzen
