#include <gtest/gtest.h>
#include <omp.h>

#include <stdexcept>
#include <string>

#include "backends/backend.hpp"
#include "loops/sample_loops.hpp"
#include "resources.hpp"

namespace {

// Like OMP_DYNAMIC=true, with which the runtime uses at most as many threads as CPUs.
TEST(OpenMp, HasTheRequestedThreadsWhateverTheHostsSettings) {
  constexpr int workers = 16;
  if (omp_get_thread_limit() < workers) GTEST_SKIP() << "OMP_THREAD_LIMIT allows fewer";
  const int dynamic = omp_get_dynamic();
  omp_set_dynamic(1);
  const auto before = resources::entries("/proc/self/task");
  const auto backend = backends::find("openmp").make();
  backend->start(loops::map<sample_loops::root>({.tasks = workers}), workers);
  backend->run({});
  EXPECT_EQ(resources::entries("/proc/self/task") - before, workers - 1);
  EXPECT_EQ(omp_get_dynamic(), 1) << "the host's setting is unchanged";
  backend->stop();
  omp_set_dynamic(dynamic);
}

/// The error with which openmp rejects that many workers; empty if it starts.
std::string rejection(int workers) {
  const auto backend = backends::find("openmp").make();
  try {
    backend->start(loops::map<sample_loops::root>({.tasks = 10}), workers);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

// OMP_THREAD_LIMIT is read only before main: bench/tests/test_limited_cases.py tests it.
TEST(OpenMp, DoesNotStartWithFewerThreadsThanWorkers) {
  if (omp_get_thread_limit() < 2) GTEST_SKIP() << "OMP_THREAD_LIMIT allows fewer";
  const int levels = omp_get_max_active_levels();
  omp_set_max_active_levels(0);
  EXPECT_EQ(rejection(2), "OMP_MAX_ACTIVE_LEVELS is 0, which does not allow OpenMP 2 workers: unset it, or use fewer");
  EXPECT_EQ(rejection(1), "");
  omp_set_max_active_levels(levels);
  EXPECT_EQ(rejection(2), "");
}

}  // namespace
