#include "machine/workers.hpp"

#include <algorithm>
#include <set>

#include "backends/backend.hpp"

namespace bench {

namespace {

constexpr std::int64_t tasks_of_the_article = 100;

}  // namespace

int several(int processors) { return std::max(2, processors); }

std::vector<int> scaling_workers(int processors) {
  std::set<int> workers{std::max(1, processors - 1), processors, 2 * processors, 4 * processors, 8 * processors};
  for (int power = 1; power <= processors; power *= 2) {
    for (const int count : {power, power + power / 2}) {
      if (count <= processors) workers.insert(count);
    }
  }
  workers.erase(workers.upper_bound(backends::most_workers), workers.end());
  return {workers.begin(), workers.end()};
}

std::vector<int> sweep_workers(int processors) {
  std::vector<int> workers;
  for (int power = 2; power < several(processors); power *= 2) workers.push_back(power);
  workers.push_back(several(processors));
  return workers;
}

std::int64_t scaling_tasks(int processors) { return std::max(tasks_of_the_article, tasks_a_worker * processors); }

std::int64_t sweep_tasks(int processors) {
  constexpr std::int64_t tasks_a_processor = 4;
  return std::max(tasks_of_the_article, tasks_a_processor * processors);
}

std::vector<int> load_workers(int processors) {
  const std::set<int> workers{1, std::max(1, processors - 1), processors, processors + 1};
  return {workers.begin(), workers.end()};
}

}  // namespace bench
