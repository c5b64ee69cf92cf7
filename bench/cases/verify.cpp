#include "cases/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "parzen/counting/kernel.hpp"

namespace bench {

parzen::Counts literal_counts(const parzen::Problem& problem, std::span<const double> widths) {
  parzen::Counts counts(widths.size());
  parzen::count_literal(problem, {0, problem.samples.rows()}, widths, counts);
  return counts;
}

parzen::Counts expected_counts(const parzen::Problem& problem, std::span<const double> widths, std::int64_t looks) {
  constexpr std::int64_t block = 4096;
  const std::int64_t n = problem.samples.rows();
  const std::int64_t between = std::max<std::int64_t>(n / block / looks, 1);
  parzen::Counts total(widths.size(), 0);
  parzen::Counts counts(widths.size());
  parzen::Counts right(widths.size());
  for (std::int64_t begin = 0; begin < n; begin += block) {
    const parzen::Range samples{begin, std::min(begin + block, n)};
    parzen::count_simd(problem, samples, widths, counts);
    if (begin / block % between == 0 || samples.end == n) {
      parzen::count_literal(problem, samples, widths, right);
      if (const auto wrong = mismatch(widths, right, counts)) {
        throw std::logic_error(fmt::format("kernel simd differs from literal in samples {} to {}: {}", samples.begin,
                                           samples.end, *wrong));
      }
    }
    std::ranges::transform(total, counts, total.begin(), std::plus<>());
  }
  return total;
}

std::optional<std::string> mismatch(std::span<const double> widths, std::span<const parzen::Count> expected,
                                    std::span<const parzen::Count> found) {
  constexpr int most_shown = 10;
  if (expected.size() != found.size()) {
    return fmt::format("found {} counts, expected {}", found.size(), expected.size());
  }
  std::string message;
  int wrong = 0;
  for (std::size_t j = 0; j < expected.size(); ++j) {
    if (expected[j] == found[j]) continue;
    if (++wrong > most_shown) continue;
    message += fmt::format("; width {} (h = {}): found {}, expected {}, difference {}", j, widths[j], found[j],
                           expected[j], found[j] - expected[j]);
  }
  if (wrong == 0) return std::nullopt;
  return fmt::format("{} of {} counts are wrong{}", wrong, expected.size(), message);
}

}  // namespace bench
