// Tasks of family grain; grain.cpp says what it measures.
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

/// One task: counts `iterations` times by the kernel. `data` holds the samples, then one width per task. The barriers
/// keep the compiler from merging iterations: each must read the samples and write the count.
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

/// Makes a case without backend, workers and start, which the caller sets.
CaseSettings settings_of(std::int64_t iterations, std::int64_t tasks);

}  // namespace bench::grain
