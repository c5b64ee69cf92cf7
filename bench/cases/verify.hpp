// A case whose counts are wrong is an error, never a time.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "parzen/problem.hpp"

namespace bench {

/// The counts of the literal kernel, in one thread: what every case must find.
parzen::Counts literal_counts(const parzen::Problem& problem, std::span<const double> widths);

/// The same of a problem that literal takes too long for: by `simd`, in blocks that stay in the cache while all widths
/// are asked of them; and `looks` of these, spread evenly, and the last one are held to literal. Throws
/// std::logic_error if they differ. `looks` is at least 1.
parzen::Counts expected_counts(const parzen::Problem& problem, std::span<const double> widths, std::int64_t looks = 16);

/// Nothing if both are equal; else a message with position, width, found and expected count of at most ten widths.
std::optional<std::string> mismatch(std::span<const double> widths, std::span<const parzen::Count> expected,
                                    std::span<const parzen::Count> found);

}  // namespace bench
