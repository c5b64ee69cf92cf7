// As one would write it with Eigen: array expressions, one pass per width.
#include "parzen/counting/kernel.hpp"

namespace parzen {

void count_eigen(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts) {
  const auto block = problem.samples.middleRows(samples.begin, samples.size());
  const Eigen::RowVectorXd query = problem.query.transpose();
  for (std::size_t j = 0; j < widths.size(); ++j) {
    const double half = half_width(widths[j]);
    counts[j] = ((block.rowwise() - query).array().abs() <= half).rowwise().all().count();
  }
}

}  // namespace parzen
