// Family gaps: short calls with a short pause before each, as between the steps of a simulation or a server's frequent
// requests. Some libraries' workers still spin then, and others sleep. After the long pause of families sweep, grain
// and loops all of them sleep.
#include <array>
#include <utility>

#include "families/any_size.hpp"
#include "families/every_backend.hpp"
#include "families/families.hpp"
#include "machine/workers.hpp"

namespace bench::gaps {

namespace {

/// Literal kernel: one call takes some 20 to 800 µs in one thread.
constexpr std::array<std::int64_t, 5> sizes{100, 200, 500, 1'000, 2'000};
constexpr std::int64_t from_largest_n = 100'000;
/// Larger ones are in long runs only.
constexpr std::int64_t largest_of_short_runs = 1'000;

std::vector<Case> gap_cases(int processors) {
  std::vector<Case> cases;
  for (const std::int64_t n : sizes) {
    CountSettings counted = article_problem_of("gaps", n, sweep_tasks(processors));
    counted.kernel = &parzen::kernel("literal");
    for (Case& each : after_a_pause(count_case(counted), several(processors), true, short_pause)) {
      each.from_largest_n = n > largest_of_short_runs ? largest_n_of_long_runs : from_largest_n;
      cases.push_back(std::move(each));
    }
  }
  return cases;
}

const Family gaps_family("gaps", [](const Limits& limits) { return Selection{gap_cases(limits.processors), {}}; });

}  // namespace

}  // namespace bench::gaps
