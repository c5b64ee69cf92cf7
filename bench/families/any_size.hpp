// Samples of any size, as far as the machine has memory for them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cases/case.hpp"
#include "families/count.hpp"

namespace bench {

/// n samples of d dimensions by parzen::draw_counter: by several threads, each of which is the first to touch its part,
/// so that they lie in the memory of all processors that may read them.
parzen::Samples draw_samples(std::uint64_t seed, std::int64_t n, std::int64_t d);

/// The article's query over n samples of two dimensions, and m widths where the article's 100 lie. The kernel and how
/// it is counted are left open.
CountSettings article_problem_of(std::string family, std::int64_t n, std::int64_t m);

/// A run of up to so many samples has the time for every case; others are short.
inline constexpr std::int64_t largest_n_of_long_runs = 100'000'000;

/// The shortest runs have no time for the schedulers that are there to compare with; on many processors, where creating
/// workers takes long, none but long runs have.
std::int64_t from_largest_n_of_peers(int processors);

/// The large problem of families scaling and load, of 100,000 samples. On more than two processors it has so many more
/// workers and widths that a short run would take several times as long as it should: in its place that has
/// `make_short` of a tenth of the samples.
std::vector<Case> of_the_large_problem(int processors, const std::function<std::vector<Case>(std::int64_t)>& make,
                                       const std::function<std::vector<Case>(std::int64_t)>& make_short);

/// Cases that share n samples of d dimensions.
struct SampleGroup {
  std::int64_t n = 0;
  std::int64_t d = 0;
  std::vector<Case> cases;
};

/// The cases of the groups for which so many bytes of available memory are enough.
Selection select_by_memory(const std::string& family, const std::vector<SampleGroup>& groups, std::uint64_t memory);

}  // namespace bench
