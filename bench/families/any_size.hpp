// Samples of any size, as far as the machine has memory for them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "case.hpp"

namespace bench {

/// n samples of d dimensions by parzen::draw_counter: by several threads, each of which is the first to touch its part,
/// so that they lie in the memory of all processors that may read them.
parzen::Samples draw_samples(std::uint64_t seed, std::int64_t n, std::int64_t d);

/// The article's query over n samples of two dimensions, and m widths where the article's 100 lie. The kernel and how
/// it is counted are left open.
CaseSettings article_problem_of(std::string family, std::int64_t n, std::int64_t m);

/// Cases that share n samples of d dimensions.
struct SampleGroup {
  std::int64_t n = 0;
  std::int64_t d = 0;
  std::vector<Case> cases;
};

/// The cases of the groups for which so many bytes of available memory are enough.
Selection select_by_memory(const std::string& family, const std::vector<SampleGroup>& groups, std::uint64_t memory);

}  // namespace bench
