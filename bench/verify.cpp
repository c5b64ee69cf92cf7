#include "verify.hpp"

#include <fmt/format.h>

#include "parzen/kernel.hpp"

namespace bench {

parzen::Counts literal_counts(const parzen::Problem& problem, std::span<const double> widths) {
  parzen::Counts counts(widths.size());
  parzen::count_literal(problem, {0, problem.samples.rows()}, widths, counts);
  return counts;
}

std::optional<std::string> mismatch(std::span<const double> widths, std::span<const parzen::Count> expected,
                                    std::span<const parzen::Count> found) {
  constexpr int most_shown = 10;
  if (expected.size() != found.size()) {
    return fmt::format("{} counts were found where {} were expected", found.size(), expected.size());
  }
  std::string message;
  int wrong = 0;
  for (std::size_t j = 0; j < expected.size(); ++j) {
    if (expected[j] == found[j]) continue;
    if (++wrong <= most_shown) {
      message += fmt::format("; width {} (h = {}): found {}, expected {}, difference {}", j, widths[j], found[j],
                             expected[j], found[j] - expected[j]);
    }
  }
  if (wrong == 0) return std::nullopt;
  return fmt::format("{} of {} counts are wrong{}", wrong, expected.size(), message);
}

}  // namespace bench
