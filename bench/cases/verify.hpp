// A case whose counts are wrong is an error, never a time.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "parzen/problem.hpp"

namespace bench {

/// The expected counts of every case: those of the literal kernel in one thread.
parzen::Counts literal_counts(const parzen::Problem& problem, std::span<const double> widths);

/// The same for a problem that takes `literal` too long. `simd` counts in blocks that stay in the cache for all widths.
/// `literal` checks `looks` of these blocks, spread evenly, and the last one. Throws std::logic_error if they differ.
/// `looks` is at least 1.
parzen::Counts expected_counts(const parzen::Problem& problem, std::span<const double> widths, std::int64_t looks = 16);

/// Empty if both are equal. Otherwise the position, width, found and expected count of at most ten widths.
std::optional<std::string> mismatch(std::span<const double> widths, std::span<const parzen::Count> expected,
                                    std::span<const parzen::Count> found);

}  // namespace bench
