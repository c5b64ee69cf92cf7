#include "families/any_size.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <thread>
#include <utility>

#include "cases/verify.hpp"
#include "parzen/random/counter.hpp"
#include "parzen/widths.hpp"

namespace bench {

parzen::Samples draw_samples(std::uint64_t seed, std::int64_t n, std::int64_t d) {
  parzen::Samples drawn(n, d);
  const std::int64_t parts = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::jthread> workers;
  for (std::int64_t part = 0; part < parts; ++part) {
    workers.emplace_back([&drawn, seed, n, part, parts] {
      parzen::draw_counter(seed, {n / parts * part, part + 1 == parts ? n : n / parts * (part + 1)}, drawn);
    });
  }
  workers.clear();
  return drawn;
}

namespace {

constexpr std::uint64_t counter_seed = 123;
constexpr std::int64_t drawn_d = 2;

std::vector<double> widths_of(std::int64_t m) { return parzen::linspace(1.0, 1.2, static_cast<std::size_t>(m)); }

parzen::Counts right_counts(const parzen::Problem& problem, std::span<const double> widths) {
  constexpr std::int64_t most_counted_by_literal = 10'000'000;  // in a sixth of a second
  const std::int64_t distances = problem.samples.rows() * static_cast<std::int64_t>(widths.size());
  return distances <= most_counted_by_literal ? literal_counts(problem, widths) : expected_counts(problem, widths);
}

/// The samples that a rank counts, of all of them. Ranges of all ranks are every sample once.
parzen::Range share_of(std::int64_t n, const backends::Ranks& ranks) {
  return {n / ranks.size * ranks.rank, ranks.rank + 1 == ranks.size ? n : n / ranks.size * (ranks.rank + 1)};
}

/// Sums what the ranks have counted. Counts below 2^53 are exact as double.
parzen::Counts sum_of_ranks(const parzen::Counts& counts) {
  std::vector<double> sums(counts.begin(), counts.end());
  together()->sum(sums);
  return {sums.begin(), sums.end()};
}

}  // namespace

CountSettings article_problem_of(std::string family, std::int64_t n, std::int64_t m) {
  const auto data = [n, m] {
    parzen::Problem problem{draw_samples(counter_seed, n, drawn_d), parzen::Query::Zero(drawn_d)};
    std::vector<double> widths = widths_of(m);
    parzen::Counts expected = right_counts(problem, widths);
    return CountData{std::move(problem), std::move(widths), std::move(expected)};
  };
  return {.family = std::move(family), .n = n, .d = drawn_d, .m = m, .data = data};
}

std::function<CountParts()> article_parts_of(std::int64_t n, std::int64_t m) {
  return [n, m] {
    const auto make = [](parzen::Range samples) { return parzen::counter_part(counter_seed, samples, drawn_d); };
    const parzen::Range own = share_of(n, together()->ranks());
    std::vector<double> widths = widths_of(m);
    parzen::Counts counts(widths.size());
    if (own.size() > 0) counts = right_counts({make(own), parzen::Query::Zero(drawn_d)}, widths);
    return CountParts{{n, drawn_d, make}, parzen::Query::Zero(drawn_d), std::move(widths), sum_of_ranks(counts)};
  };
}

std::int64_t from_largest_n_of_peers(int processors) {
  constexpr int many = 16;
  return processors > many ? largest_n_of_long_runs : 100'000;
}

std::vector<Case> of_the_large_problem(int processors, const std::function<std::vector<Case>(std::int64_t)>& make,
                                       const std::function<std::vector<Case>(std::int64_t)>& make_short) {
  constexpr std::int64_t n = 100'000;
  std::vector<Case> cases = make(n);
  if (processors <= 2) return cases;
  for (Case& each : cases) each.from_largest_n = largest_n_of_long_runs;
  for (Case& each : make_short(n / 10)) {
    each.from_largest_n = n;  // short runs skip it
    each.below_largest_n = largest_n_of_long_runs;
    cases.push_back(std::move(each));
  }
  return cases;
}

Selection select_by_memory(const std::string& family, const std::vector<SampleGroup>& groups, std::uint64_t memory) {
  /// How much memory must be available, relative to the samples and one distance per sample. A system that is short of
  /// memory reclaims slowly.
  constexpr double room = 1.25;
  Selection selection;
  for (const SampleGroup& group : groups) {
    const std::int64_t held = group.in_parts ? (group.n - 1) / together()->ranks().size + 1 : group.n;
    const double needed = room * static_cast<double>(held * (group.d + 1)) * sizeof(double);
    if (static_cast<double>(memory) < needed) {
      constexpr double gigabyte = 1e9;
      selection.skipped.push_back(
          fmt::format("{} cases of family {} are skipped, n = {}, d = {}: they need {:.1f} GB of memory, and "
                      "{:.1f} GB are available",
                      group.cases.size(), family, fmt::group_digits(group.n), group.d, needed / gigabyte,
                      static_cast<double>(memory) / gigabyte));
      continue;
    }
    std::ranges::copy(group.cases, std::back_inserter(selection.cases));
  }
  return selection;
}

}  // namespace bench
