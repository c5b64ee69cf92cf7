// Family scaling: one problem, large enough that to start workers weighs little, in more and more of them, up to eight
// times as many as there are processors. It has more widths the more processors there are, see scaling_tasks(): every
// worker has tasks, and what the last turn leaves idle is small.
#include "families/any_size.hpp"
#include "families/every_backend.hpp"
#include "families/families.hpp"
#include "workers.hpp"

namespace bench {

std::vector<Case> scaling_cases_for(int processors) {
  CaseSettings settings = article_problem_of("scaling", 100'000, scaling_tasks(processors));
  settings.kernel = &parzen::kernel("literal");
  settings.decomposition = backends::Decomposition::by_width;
  return under_every_backend(settings, scaling_workers(processors), true);
}

}  // namespace bench
