#include "cases/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "parzen/counting/kernel.hpp"
#include "processes/os/system_error.hpp"

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
        throw std::logic_error(fmt::format("kernel simd counts samples {} to {} otherwise than literal: {}",
                                           samples.begin, samples.end, *wrong));
      }
    }
    std::ranges::transform(total, counts, total.begin(), std::plus<>());
  }
  return total;
}

namespace {

/// Of position j where both differ, `describe` says what was found.
template <class Describe>
std::optional<std::string> differences(std::span<const parzen::Count> expected, std::span<const parzen::Count> found,
                                       const Describe& describe) {
  constexpr int most_shown = 10;
  if (expected.size() != found.size()) {
    return fmt::format("{} counts were found where {} were expected", found.size(), expected.size());
  }
  std::string message;
  int wrong = 0;
  for (std::size_t j = 0; j < expected.size(); ++j) {
    if (expected[j] == found[j]) continue;
    if (++wrong <= most_shown) message += "; " + describe(j);
  }
  if (wrong == 0) return std::nullopt;
  return fmt::format("{} of {} counts are wrong{}", wrong, expected.size(), message);
}

}  // namespace

std::optional<std::string> mismatch(std::span<const double> widths, std::span<const parzen::Count> expected,
                                    std::span<const parzen::Count> found) {
  return differences(expected, found, [&](std::size_t j) {
    return fmt::format("width {} (h = {}): found {}, expected {}, difference {}", j, widths[j], found[j], expected[j],
                       found[j] - expected[j]);
  });
}

std::optional<std::string> failed_tasks(std::span<const parzen::Count> expected, std::span<const parzen::Count> found) {
  auto message = differences(expected, found, [&](std::size_t j) {
    if (found[j] >= 0) return fmt::format("task {}: found {}, expected {}", j, found[j], expected[j]);
    return fmt::format("task {}: {}", j, std::generic_category().message(static_cast<int>(-found[j])));
  });
  if (!message) return message;
  std::set<std::string_view> advice;  // once for all tasks
  for (const parzen::Count count : found) {
    if (count < 0) advice.insert(processes::advice(static_cast<int>(-count), ""));
  }
  advice.erase("");
  for (const std::string_view each : advice) *message += fmt::format("; {}", each);
  return message;
}

}  // namespace bench
