// Family sweep: the article's problem of more and more samples, in one worker and in several: from which size on a
// backend pays, and with how many workers. Sizes at which break-even may lie are close: 1, 2 and 5 times a power of
// ten, each with 2, 4, 8, ... workers up to as many as processors. Above, there are powers of ten with all processors.
// On many processors these are too many for short runs, which have 2, 16, 128, ... workers at the powers of ten alone.
// With many processors there are more widths than the article has, see sweep_tasks(). At some of the close sizes, warm
// workers are also asked after a pause, in which they have gone to sleep.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "families/any_size.hpp"
#include "families/every_backend.hpp"
#include "families/families.hpp"
#include "machine/workers.hpp"

namespace bench {

namespace sweep {

namespace {

constexpr std::int64_t smallest_n = 100;
/// How a problem is counted.
struct Way {
  const char* kernel;
  parzen::Decomposition decomposition;
  std::int64_t largest_close_n;
  std::array<std::int64_t, 4> sizes_with_pause;  ///< the last for long runs
  std::int64_t largest_n;
  /// Calls of more samples take seconds: they are for runs that have the time for the largest of all.
  std::int64_t largest_n_of_short_runs;
};
constexpr std::array ways{
    Way{"literal", parzen::Decomposition::by_width, 100'000, {200, 1'000, 10'000, 50'000}, 10'000'000, 100'000},
    Way{"fused",
        parzen::Decomposition::by_sample,
        10'000'000,
        {10'000, 100'000, 1'000'000, 5'000'000},
        largest_n_of_long_runs,
        largest_n_of_long_runs}};

/// The shortest runs have no time for pauses, nor for fewer workers than processors.
constexpr std::int64_t beyond_the_shortest_runs = 100'000;

/// Ascending.
std::vector<std::int64_t> sizes() {
  std::vector<std::int64_t> all;
  for (std::int64_t power = smallest_n; power <= largest_n_of_long_runs; power *= 10) {
    for (const std::int64_t times : {1, 2, 5}) {
      if (times * power <= largest_n_of_long_runs) all.push_back(times * power);
    }
  }
  return all;
}

bool is_power_of_ten(std::int64_t n) {
  while (n % 10 == 0) n /= 10;
  return n == 1;
}

bool is_twice_a_power_of_eight(int count) {
  while (count % 8 == 0) count /= 8;
  return count == 2;
}

std::int64_t from_largest_n(const Way& way, std::int64_t n) {
  return n > way.largest_n_of_short_runs ? largest_n_of_long_runs : n;
}

/// The same with fewer workers than processors.
std::int64_t from_largest_n_of_fewer(std::int64_t n, int workers) {
  const bool in_short_runs = is_power_of_ten(n) && is_twice_a_power_of_eight(workers);
  return in_short_runs ? std::max(n, beyond_the_shortest_runs) : largest_n_of_long_runs;
}

bool is_close(const Way& way, std::int64_t n) { return n <= way.largest_close_n; }
bool has_cases(const Way& way, std::int64_t n) {
  return n <= way.largest_n && (is_close(way, n) || is_power_of_ten(n));
}

void add_way(SampleGroup& group, CountSettings counted, const Way& way, int processors) {
  if (!has_cases(way, group.n)) return;
  const bool close = is_close(way, group.n);
  counted.kernel = &parzen::kernel(way.kernel);
  counted.decomposition = way.decomposition;
  const CaseSettings settings = count_case(counted);
  const int all = several(processors);
  for (const int count : close ? sweep_workers(processors) : std::vector{all}) {
    for (Case& each : under_every_backend(settings, std::array{count}, true, count == all)) {
      each.from_largest_n = count == all ? from_largest_n(way, group.n) : from_largest_n_of_fewer(group.n, count);
      group.cases.push_back(std::move(each));
    }
  }
  if (std::ranges::count(way.sizes_with_pause, group.n) > 0) {
    for (Case& each : after_a_pause(settings, all)) {
      const bool last = group.n == way.sizes_with_pause.back();
      each.from_largest_n = last ? largest_n_of_long_runs : std::max(group.n, beyond_the_shortest_runs);
      group.cases.push_back(std::move(each));
    }
  }
}

SampleGroup group_of(std::int64_t n, int processors) {
  CountSettings settings = article_problem_of("sweep", n, sweep_tasks(processors));
  const bool all_by_sample = std::ranges::all_of(ways, [n](const Way& way) {
    return way.decomposition == parzen::Decomposition::by_sample || !has_cases(way, n);
  });
  if (all_by_sample) settings.parts = article_parts_of(n, settings.m);
  SampleGroup group{.n = n, .d = settings.d, .in_parts = in_parts(settings)};
  for (const Way& way : ways) add_way(group, settings, way, processors);
  return group;
}

}  // namespace

}  // namespace sweep

namespace {

Selection select_sweep(const Limits& limits) {
  std::vector<SampleGroup> groups;
  for (const std::int64_t n : sweep::sizes()) {
    SampleGroup group = sweep::group_of(n, limits.processors);
    if (!group.cases.empty()) groups.push_back(std::move(group));
  }
  return select_by_memory("sweep", groups, limits.memory);
}

const Family sweep_family("sweep", select_sweep);

}  // namespace

}  // namespace bench
