// Family memory: how much the program takes with all of its processes, by backend, workers and data. Processes share
// the samples as threads do, and have all else for themselves. The time of a call is there as in every case, and no
// answer rests on it.
#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "families/any_size.hpp"
#include "families/every_backend.hpp"
#include "families/families.hpp"
#include "machine/usage/memory_use.hpp"
#include "machine/workers.hpp"

namespace bench {

namespace {

/// The loop of each size takes long enough for a reading to see its workers.
struct Loop {
  std::int64_t n;
  const char* kernel;
  parzen::Decomposition decomposition;
};
/// Next to no data, and 1.6 GB.
constexpr std::array loops_by_size{Loop{20'000, "literal", parzen::Decomposition::by_width},
                                   Loop{100'000'000, "fused", parzen::Decomposition::by_sample}};

Selection select_memory(const Limits& limits) {
  const std::set<int> counts{1, 2, several(limits.processors)};
  const std::vector<int> workers(counts.begin(), counts.end());
  std::vector<SampleGroup> groups;
  for (const Loop& loop : loops_by_size) {
    CountSettings counted = article_problem_of("memory", loop.n, sweep_tasks(limits.processors));
    counted.kernel = &parzen::kernel(loop.kernel);
    counted.decomposition = loop.decomposition;
    CaseSettings settings = count_case(counted);
    settings.memory = true;
    groups.push_back({loop.n, settings.d, warm_where_it_can_be(settings, workers)});
  }
  if (!proportional_set_size()) {
    return {{},
            {"family memory is skipped: /proc/self/smaps_rollup cannot be read; it takes Linux 4.14 or newer, with "
             "/proc mounted"}};
  }
  return select_by_memory("memory", groups, limits.memory);
}

const Family memory_family("memory", select_memory);

}  // namespace

}  // namespace bench
