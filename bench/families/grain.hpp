// Family grain: the tasks of its cases. What it measures is in grain.cpp.
#pragma once

#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <span>

#include "cases/case.hpp"
#include "parzen/problem.hpp"

namespace bench::grain {

inline constexpr std::int64_t n = 128;
inline constexpr std::int64_t d = 2;

/// A task of so many iterations: by a kernel, over and over. The data are the samples, and behind them a width a task.
/// As if the count had been read and the samples written meanwhile: no compiler may take one iteration for all.
template <auto kernel>
parzen::Count count_repeatedly(const std::int64_t& iterations, std::span<const double> data, std::int64_t task) {
  static constexpr std::array<double, d> origin{};
  const parzen::ProblemView problem{{data.data(), n, d}, {origin.data(), d}};
  parzen::Count count = 0;
  for (std::int64_t iteration = 0; iteration < iterations; ++iteration) {
    kernel(problem, {0, n}, data.subspan(static_cast<std::size_t>(n * d + task), 1), {&count, 1});
    benchmark::DoNotOptimize(count);
    benchmark::ClobberMemory();
  }
  return count;
}

/// The loop as a case. The backend, its workers and the start are left open.
CaseSettings settings_of(std::int64_t iterations, std::int64_t tasks);

}  // namespace bench::grain
