// Family load: the problem of family scaling while another process keeps a processor busy, which is how the article
// explains that its fourth worker gained nothing.
#include "families/any_size.hpp"
#include "families/every_backend.hpp"
#include "families/families.hpp"
#include "workers.hpp"

namespace bench {

std::vector<Case> load_cases_for(int processors) {
  CaseSettings settings = article_problem_of("load", 100'000, scaling_tasks(processors));
  settings.kernel = &parzen::kernel("literal");
  settings.decomposition = backends::Decomposition::by_width;
  settings.under_load = true;
  return under_every_backend(settings, load_workers(processors), false);
}

}  // namespace bench
