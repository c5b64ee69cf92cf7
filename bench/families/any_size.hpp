// Samples of any size that fits into memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cases/case.hpp"
#include "families/count.hpp"

namespace bench {

/// Draws n samples of d dimensions, by parzen::draw_counter. Each thread touches its own part first, which spreads the
/// samples over the memory of all CPUs.
parzen::Samples draw_samples(std::uint64_t seed, std::int64_t n, std::int64_t d);

/// The article's query, n samples of two dimensions, and m widths in the range of the article's 100. The caller sets
/// the kernel and the decomposition.
CountSettings article_problem_of(std::string family, std::int64_t n, std::int64_t m);

/// The same problem for CountSettings::parts.
std::function<CountParts()> article_parts_of(std::int64_t n, std::int64_t m);

/// A run with this largest_n has time for every case; other runs are short.
inline constexpr std::int64_t largest_n_of_long_runs = 100'000'000;

/// The smallest largest_n that measures schedulers for comparison. The shortest runs skip them. With many CPUs creating
/// workers takes long, so all but long runs skip them.
std::int64_t from_largest_n_of_peers(int processors);

/// The large problem of families scaling and load, with 100,000 samples. With more than two CPUs it needs more workers
/// and widths, which would multiply the time of a short run. Short runs then take `make_short` with a tenth of the
/// samples.
std::vector<Case> of_the_large_problem(int processors, const std::function<std::vector<Case>(std::int64_t)>& make,
                                       const std::function<std::vector<Case>(std::int64_t)>& make_short);

/// Cases that share n samples of d dimensions.
struct SampleGroup {
  std::int64_t n = 0;
  std::int64_t d = 0;
  std::vector<Case> cases = {};
  bool in_parts = false;  ///< whether each rank of mpirun holds only its share of the samples
};

/// Selects the groups that fit into the available memory, in bytes.
Selection select_by_memory(const std::string& family, const std::vector<SampleGroup>& groups, std::uint64_t memory);

}  // namespace bench
