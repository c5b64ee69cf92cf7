#include "parzen/problem.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace parzen {

void check(const Problem& problem) {
  const auto& [samples, query] = problem;
  if (samples.rows() == 0 || samples.cols() == 0) {
    throw std::invalid_argument("there are no samples: a density needs at least one sample of at least one dimension");
  }
  if (query.size() != samples.cols()) {
    throw std::invalid_argument(fmt::format(
        "the query point has {} dimension(s), the samples have {}: give the query one coordinate a dimension",
        query.size(), samples.cols()));
  }
  for (Eigen::Index dimension = 0; dimension < query.size(); ++dimension) {
    if (!std::isfinite(query[dimension])) {
      throw std::invalid_argument(fmt::format("coordinate {} of the query point is {}: coordinates must be finite",
                                              dimension + 1, query[dimension]));
    }
  }
  for (Eigen::Index dimension = 0; dimension < samples.cols(); ++dimension) {
    for (Eigen::Index sample = 0; sample < samples.rows(); ++sample) {
      if (!std::isfinite(samples(sample, dimension))) {
        throw std::invalid_argument(fmt::format("dimension {} of sample {} is {}: samples must be finite",
                                                dimension + 1, sample + 1, samples(sample, dimension)));
      }
    }
  }
}

void check_widths(std::span<const double> widths) {
  for (std::size_t position = 0; position < widths.size(); ++position) {
    if (!std::isfinite(widths[position]) || widths[position] <= 0) {
      throw std::invalid_argument(fmt::format("width {} of {} is {}: a width must be finite and greater than 0",
                                              position + 1, widths.size(), widths[position]));
    }
  }
}

}  // namespace parzen
