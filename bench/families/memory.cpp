// Family memory: how much the program takes with all of its processes, by backend, workers and data: the samples are
// shared by processes as by threads, and all else each process has for itself. The time of a call is there as in every
// case, and nothing rests on it.
#include <array>
#include <set>
#include <utility>
#include <vector>

#include "families/any_size.hpp"
#include "families/every_backend.hpp"
#include "families/families.hpp"
#include "memory_use.hpp"
#include "workers.hpp"

namespace bench {

namespace {

/// Next to no data, and 1.6 GB.
constexpr std::array<std::int64_t, 2> sizes{10'000, 100'000'000};

}  // namespace

Selection select_memory(const Means& means) {
  const std::set<int> counts{1, 2, several(means.processors)};
  const std::vector<int> workers(counts.begin(), counts.end());
  std::vector<SampleGroup> groups;
  for (const std::int64_t n : sizes) {
    CaseSettings settings = article_problem_of("memory", n, sweep_tasks(means.processors));
    settings.kernel = &parzen::kernel("fused");
    settings.decomposition = backends::Decomposition::by_sample;
    settings.memory = true;
    SampleGroup group{n, settings.d, {}};
    for (Case& each : under_every_backend(settings, workers, true)) group.cases.push_back(std::move(each));
    groups.push_back(std::move(group));
  }
  Selection selection = select_by_memory("memory", groups, means.memory);
  if (!proportional_set_size()) {
    selection = {{}, {"family memory is left out: /proc/self/smaps_rollup cannot be read, which Linux has since 4.14"}};
  }
  return selection;
}

std::vector<Case> memory_cases(const Means& means) { return told(select_memory(means)); }

}  // namespace bench
