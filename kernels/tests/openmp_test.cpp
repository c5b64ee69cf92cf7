#include <gtest/gtest.h>
#include <omp.h>

#include "backends/backend.hpp"
#include "parzen/legacy.hpp"
#include "resources.hpp"

namespace {

// As under OMP_DYNAMIC=true, where the runtime takes no more threads than there are processors.
TEST(OpenMp, HasTheThreadsItWasAskedForWhateverTheHostSays) {
  constexpr int workers = 16;
  if (omp_get_thread_limit() < workers) GTEST_SKIP() << "OMP_THREAD_LIMIT allows fewer";
  const parzen::Problem problem{parzen::legacy_samples(1, 10, 2), parzen::Query::Zero(2)};
  const int dynamic = omp_get_dynamic();
  omp_set_dynamic(1);
  const auto before = resources::entries("/proc/self/task");
  const auto backend = backends::find("openmp").make();
  backend->start({problem, parzen::kernel("literal")}, workers);
  backend->run(std::vector(workers, 1.0));
  EXPECT_EQ(resources::entries("/proc/self/task") - before, workers - 1);
  EXPECT_EQ(omp_get_dynamic(), 1) << "which is the host's";
  backend->stop();
  omp_set_dynamic(dynamic);
}

}  // namespace
