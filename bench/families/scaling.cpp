// Family scaling: one problem with more and more workers, up to eight per CPU. It is large enough that starting workers
// matters little. The number of widths grows with the CPUs, see scaling_tasks(): every worker has tasks, and few CPUs
// idle at the end. Short runs take the smaller problem with warm workers, if the backend has them.
//
// Cases are skipped if the system allows too few processes or threads. Otherwise OpenMP would end the program, and
// oneTBB would silently use fewer threads.
#include <fmt/format.h>

#include "families/any_size.hpp"
#include "families/every_backend.hpp"
#include "families/families.hpp"
#include "machine/workers.hpp"

namespace bench {

namespace {

Selection select_scaling(const Limits& limits) {
  constexpr std::uint64_t besides_the_workers = 8;  // a supervisor, and what this and other programs start meanwhile
  const auto needed = [](int workers) { return static_cast<std::uint64_t>(workers) + besides_the_workers; };
  const auto problem = [&](std::int64_t n) {
    CountSettings settings = article_problem_of("scaling", n, scaling_tasks(limits.processors));
    settings.kernel = &parzen::kernel("literal");
    return count_case(settings);
  };
  std::vector<int> workers = scaling_workers(limits.processors);
  const int most = workers.back();
  std::erase_if(workers, [&](int count) { return needed(count) > limits.tasks; });
  Selection selection;
  selection.cases = of_the_large_problem(
      limits.processors, [&](std::int64_t n) { return under_every_backend(problem(n), workers, true); },
      [&](std::int64_t n) { return warm_where_it_can_be(problem(n), workers); });
  if (workers.empty() || workers.back() < most) {
    selection.skipped.push_back(
        fmt::format("cases of family scaling with more than {} workers are skipped: {} workers need {} processes or "
                    "threads, and {} are available",
                    workers.empty() ? 0 : workers.back(), most, needed(most), limits.tasks));
  }
  return selection;
}

const Family scaling_family("scaling", select_scaling);

}  // namespace

}  // namespace bench
