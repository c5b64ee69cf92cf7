// Family memory: the memory of the program with all of its processes, by backend, workers and data. Processes share the
// samples as threads do; the rest is private to each. These cases have times too, but no answer uses them.
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

/// The loop of each size runs long enough for a reading during the call.
struct Loop {
  std::int64_t n;
  const char* kernel;
  parzen::Decomposition decomposition;
};
/// Nearly no data, and 1.6 GB.
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
    if (loop.decomposition == parzen::Decomposition::by_sample) counted.parts = article_parts_of(counted.n, counted.m);
    CaseSettings settings = count_case(counted);
    settings.memory = true;
    groups.push_back({loop.n, settings.d, warm_where_it_can_be(settings, workers), in_parts(counted)});
  }
  if (!proportional_set_size()) {
    return {{},
            {"family memory is skipped: /proc/self/smaps_rollup cannot be read: mount /proc, and use Linux 4.14 or "
             "newer"}};
  }
  return select_by_memory("memory", groups, limits.memory);
}

const Family memory_family("memory", select_memory);

}  // namespace

}  // namespace bench
