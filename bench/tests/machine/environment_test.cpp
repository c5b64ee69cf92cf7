#include "machine/environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "machine/machine.hpp"

namespace {

std::string described(const std::vector<std::string>& variables) {
  std::vector<const char*> pointers;
  for (const std::string& variable : variables) pointers.push_back(variable.c_str());
  pointers.push_back(nullptr);
  return bench::describe_environment(pointers.data());
}

TEST(Environment, VariablesThatChangeNoTimeAreNotRecorded) {
  EXPECT_EQ(described({}), "none");
  EXPECT_EQ(described({"HOME=/home/somebody", "OLD_OMP_X=1", "OMP=1", "PYTHONMALLOCX=1", "GLIBC_TUNABLES", "=x"}),
            "none");
}

TEST(Environment, VariablesOfEveryRuntimeAreRecordedInOrder) {
  EXPECT_EQ(described({"TBB_X=1", "OMP_NUM_THREADS=1", "KMP_AFFINITY=compact", "GOMP_SPINCOUNT=0",
                       "LD_BIND_NOW=", "GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.pthread.rseq=0",
                       "MALLOC_ARENA_MAX=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1", "PYTHONMALLOC=malloc",
                       "PYTHON_CPU_COUNT=1", "BENCHMARK_FILTER=x", "NPY_DISABLE_CPU_FEATURES=AVX2"}),
            "BENCHMARK_FILTER=x; GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.pthread.rseq=0; GOMP_SPINCOUNT=0; "
            "KMP_AFFINITY=compact; LD_BIND_NOW=; MALLOC_ARENA_MAX=1; MKL_NUM_THREADS=1; "
            "NPY_DISABLE_CPU_FEATURES=AVX2; OMP_NUM_THREADS=1; OPENBLAS_NUM_THREADS=1; PYTHONMALLOC=malloc; "
            "PYTHON_CPU_COUNT=1; TBB_X=1");
}

TEST(Environment, NoPathIsRecordedWhateverTheVariable) {
  EXPECT_EQ(described({"LD_PRELOAD=/home/somebody/libx.so", "LD_LIBRARY_PATH=lib:/opt", "MALLOC_TRACE=./trace",
                       "OMP_TOOL_LIBRARIES=/opt/tool.so", "ASAN_OPTIONS=log_path=/tmp/x", "TMPDIR=/home/somebody/tmp"}),
            "ASAN_OPTIONS is set; LD_LIBRARY_PATH is set; LD_PRELOAD is set; MALLOC_TRACE is set; "
            "OMP_TOOL_LIBRARIES is set; TMPDIR is set");
  EXPECT_EQ(described({"LD_PRELOAD=libjemalloc.so.2"}), "LD_PRELOAD=libjemalloc.so.2");
}

TEST(Environment, AnyValueIsOneShortLineOfAsciiThatCanBeSplitAgain) {
  EXPECT_EQ(described({"OMP_X=a\x1b[31m\n\xff\\; b", "OMP_\t=1"}), R"(OMP_X=a\x1b[31m\x0a\xff\x5c\x3b b; OMP_\x09=1)");
  EXPECT_EQ(described({"OMP_X=" + std::string(200, 'x')}), "OMP_X=" + std::string(200, 'x'));
  EXPECT_EQ(described({"OMP_X=" + std::string(201, 'x')}), "OMP_X=" + std::string(200, 'x') + "... (201 bytes)");
}

TEST(Environment, PolicyAndNiceValueAreItemsOfTheState) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // a process without privileges may do this, but not undo it
    const sched_param none{};
    const bool changed = sched_setscheduler(0, SCHED_BATCH, &none) == 0 && setpriority(PRIO_PROCESS, 0, 19) == 0;
    const bench::Items state = bench::describe_state();
    const bench::Items::value_type expected{"scheduling", "SCHED_BATCH, nice 19"};
    _exit(!changed ? 2 : std::ranges::find(state, expected) == state.end() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "a process cannot change its policy or nice value here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
