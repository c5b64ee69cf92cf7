#include <cmath>

#include "parzen/counting/kernel.hpp"

namespace parzen {

void count_literal(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts) {
  const auto& [x, query] = problem;
  for (std::size_t j = 0; j < widths.size(); ++j) {
    Count inside = 0;
    for (std::int64_t i = samples.begin; i < samples.end; ++i) {
      bool within = true;
      for (Eigen::Index c = 0; c < query.size(); ++c) {
        if (std::abs((query[c] - x(i, c)) / widths[j]) > 0.5) {
          within = false;
          break;
        }
      }
      if (within) ++inside;
    }
    counts[j] = inside;
  }
}

}  // namespace parzen
