// Tasks of any grain: one that is counted over and over.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

#include "parzen/counting/kernel.hpp"

namespace bench::grain {

/// Counts so many times over; the counts are those of the last time. `count` is a kernel's function.
template <parzen::CountFunction count, std::int64_t iterations>
void repeat(const parzen::Problem& problem, parzen::Range samples, std::span<const double> widths,
            std::span<parzen::Count> counts) {
  for (std::int64_t iteration = 0; iteration < iterations; ++iteration) {
    count(problem, samples, widths, counts);
    // As if the counts had been read and the samples written: no compiler may take one time for all.
    benchmark::DoNotOptimize(counts.data());
    benchmark::ClobberMemory();
  }
}

}  // namespace bench::grain
