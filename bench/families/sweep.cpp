// Family sweep: the article's problem of every power of ten from 100 samples on, in one worker and in several: from
// which size on a backend pays. With many processors it has more widths than the article, see sweep_tasks().
#include <array>

#include "families/any_size.hpp"
#include "families/every_backend.hpp"
#include "families/families.hpp"
#include "workers.hpp"

namespace bench {

namespace sweep {

namespace {

constexpr std::int64_t smallest_n = 100;
constexpr std::int64_t largest_n = 100'000'000;

/// How a problem is counted.
struct Way {
  const char* kernel;
  backends::Decomposition decomposition;
  std::int64_t largest_n;
  /// Of more samples, a call takes a quarter of a minute: it is for runs that have the time for the largest of all.
  std::int64_t largest_n_of_short_runs;
};
constexpr std::array ways{Way{"literal", backends::Decomposition::by_width, 10'000'000, 1'000'000},
                          Way{"fused", backends::Decomposition::by_sample, largest_n, largest_n}};

SampleGroup group_of(std::int64_t n, int processors) {
  CaseSettings settings = article_problem_of("sweep", n, sweep_tasks(processors));
  SampleGroup group{n, settings.d, {}};
  for (const Way& way : ways) {
    if (n > way.largest_n) continue;
    settings.kernel = &parzen::kernel(way.kernel);
    settings.decomposition = way.decomposition;
    for (Case& each : under_every_backend(settings, std::array{several(processors)}, true)) {
      if (n > way.largest_n_of_short_runs) each.from_largest_n = largest_n;
      group.cases.push_back(std::move(each));
    }
  }
  return group;
}

}  // namespace

}  // namespace sweep

Selection select_sweep(const Means& means) {
  std::vector<SampleGroup> groups;
  for (std::int64_t n = sweep::smallest_n; n <= sweep::largest_n; n *= 10) {
    groups.push_back(sweep::group_of(n, means.processors));
  }
  return select_by_memory("sweep", groups, means.memory);
}

std::vector<Case> sweep_cases(const Means& means) { return told(select_sweep(means)); }

}  // namespace bench
