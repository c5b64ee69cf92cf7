#include <cmath>

#include "parzen/counting/kernel.hpp"

namespace parzen {

void count_branchless(const ProblemView& problem, Range samples, std::span<const double> widths,
                      std::span<Count> counts) {
  const auto& [x, query] = problem;
  for (std::size_t j = 0; j < widths.size(); ++j) {
    const double half = half_width(widths[j]);
    Count inside = 0;
    for (std::int64_t i = samples.begin; i < samples.end; ++i) {
      unsigned within = 1;
      for (Eigen::Index c = 0; c < query.size(); ++c) {
        within &= static_cast<unsigned>(std::abs(query[c] - x(i, c)) <= half);
      }
      inside += within;
    }
    counts[j] = inside;
  }
}

}  // namespace parzen
