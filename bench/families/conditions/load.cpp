// Family load: the problem of family scaling while another process keeps one CPU busy. The article explains by such a
// process why its fourth worker gained nothing. The family also has shorter calls, cold and warm, which may show a
// tail: most take as long as usual, and a few wait for the busy CPU. Long runs have them also with half of the CPUs
// busy and with all: from which load on is serial as good?
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "families/any_size.hpp"
#include "families/every_backend.hpp"
#include "families/families.hpp"
#include "machine/workers.hpp"

namespace bench {

namespace {

/// Literal kernel: one call takes some 20 µs to 4 ms in one thread.
constexpr std::array<std::int64_t, 4> short_sizes{100, 500, 4'000, 8'000};
/// The shortest runs repeat a case too briefly for the other process to matter.
constexpr std::int64_t from_largest_n = 100'000;

/// One, half of the CPUs, and all.
std::set<int> busy_program_counts(int processors) { return {1, std::max(processors / 2, 1), processors}; }

std::vector<Case> load_cases_for(int processors) {
  const auto problem = [](std::int64_t n, std::int64_t tasks, int busy_programs) {
    CountSettings counted = article_problem_of("load", n, tasks);
    counted.kernel = &parzen::kernel("literal");
    CaseSettings settings = count_case(counted);
    settings.busy_programs = busy_programs;
    return settings;
  };
  const std::vector<int> workers = load_workers(processors);
  const std::int64_t tasks = scaling_tasks(processors);
  std::vector<Case> cases = of_the_large_problem(
      processors, [&](std::int64_t n) { return under_every_backend(problem(n, tasks, 1), workers, false); },
      [&](std::int64_t n) { return warm_where_it_can_be(problem(n, tasks, 1), workers); });
  for (const int busy_programs : busy_program_counts(processors)) {
    for (const std::int64_t n : short_sizes) {
      const CaseSettings settings = problem(n, sweep_tasks(processors), busy_programs);
      for (Case& each : under_every_backend(settings, std::array{several(processors)}, true)) {
        const bool in_short_runs = busy_programs == 1 && n < short_sizes.back();
        each.from_largest_n = in_short_runs ? from_largest_n : largest_n_of_long_runs;
        cases.push_back(std::move(each));
      }
    }
  }
  return cases;
}

const Family load_family("load", [](const Limits& limits) { return Selection{load_cases_for(limits.processors), {}}; });

}  // namespace

}  // namespace bench
