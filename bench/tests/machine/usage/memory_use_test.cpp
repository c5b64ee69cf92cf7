// Family memory, and the measurement of memory.
#include "machine/usage/memory_use.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "families/families.hpp"
#include "family_names.hpp"
#include "processes/os/descriptor.hpp"
#include "processes/process.hpp"
#include "processes/shared_memory.hpp"
#include "run_cases.hpp"
#include "sanitized.hpp"

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::uint64_t megabytes_64 = 64ULL << 20;
// Wide bounds: a sanitizer's own memory grows by megabytes with each reading or fork. A library's pages count less when
// another program maps them, such as a test that runs in parallel.
constexpr double half = 0.5 * static_cast<double>(megabytes_64);

double bytes_now() {
  const auto bytes = bench::proportional_set_size();
  EXPECT_TRUE(bytes);
  return static_cast<double>(bytes.value_or(0));
}

TEST(ProportionalSetSize, CountsWrittenPages) {
  const double before = bytes_now();
  const processes::SharedMemory memory(megabytes_64);
  EXPECT_LT(bytes_now() - before, half);
  std::memset(memory.data(), 1, megabytes_64);
  EXPECT_GT(bytes_now() - before, half);
}

TEST(ProportionalSetSize, CountsPagesThatAChildSharesOnce) {
  const processes::SharedMemory memory(megabytes_64);
  std::memset(memory.data(), 1, megabytes_64);
  const double before = bytes_now();
  const processes::Pipe ready = processes::Pipe::open();
  const processes::Pipe done = processes::Pipe::open();
  processes::Process child([&] {
    char read = std::memchr(memory.data(), 2, megabytes_64) == nullptr ? 1 : 0;  // reads all of it
    if (::write(ready.writer.get(), &read, 1) != 1) return 1;
    return ::read(done.reader.get(), &read, 1) == 1 ? 0 : 1;
  });
  child.start();
  char byte = 0;
  ASSERT_EQ(::read(ready.reader.get(), &byte, 1), 1);
  EXPECT_LT(bytes_now() - before, half);
  ASSERT_EQ(::write(done.writer.get(), &byte, 1), 1);
  child.join();
}

TEST(ProportionalSetSize, NeverCountsPagesTwiceWhileChildrenComeAndGo) {
  if (sanitized::addresses) {
    GTEST_SKIP() << "the sanitizer keeps freed memory: each reading of /proc takes a megabyte more";
  }
  const std::vector<char> memory(megabytes_64, 1);
  const double before = bytes_now();
  std::atomic<bool> enough = false;
  std::jthread forks([&] {
    while (!enough) {
      processes::Process child([&] { return memory[megabytes_64 / 2] - 1; });
      child.start();
      child.join();
    }
  });
  for (int look = 0; look < 20; ++look) EXPECT_LT(bytes_now() - before, half);
  enough = true;
}

TEST(MemoryFamily, HasEveryBackendWithAndWithoutData) {
  for (const int processors : {1, 2, 8}) {
    std::multiset<std::string> expected;
    const std::vector<int> workers = processors == 8 ? std::vector{1, 2, 8} : std::vector{1, 2};
    for (const char* loop : {"kernel:literal/decomposition:by_width/n:20000/d:2/m:100",
                             "kernel:fused/decomposition:by_sample/n:100000000/d:2/m:100"}) {
      expected.merge(expected_names_in_one_start("memory", loop, workers));
    }
    const auto selection = bench::select_family("memory", {.processors = processors});
    EXPECT_EQ(names_of(selection.cases), expected);
    EXPECT_THAT(selection.skipped, IsEmpty());
  }
}

TEST(MemoryFamily, SkipsCasesWhoseDataExceedsMemory) {
  const auto selection = bench::select_family("memory", {.processors = 2, .memory = 1'000'000'000});
  EXPECT_THAT(selection.skipped, ElementsAre(HasSubstr("cases of family memory are skipped, n = 100,000,000")));
}

TEST(MemoryFamily, HasItsCounters) {
  const auto runs = run_cases(only(bench::select_family("memory", {.processors = 2}).cases, "/n:20000/"));
  ASSERT_THAT(runs, Not(IsEmpty()));
  for (const auto& run : runs) {
    const std::string name = run.run_name.function_name;
    ASSERT_EQ(error_in(run), std::nullopt) << name;
    ASSERT_TRUE(run.counters.contains("pss_between_calls")) << name;
    const double warm = run.counters.at("pss_between_calls").value;
    EXPECT_GT(warm, 0.0) << name;
    EXPECT_GE(run.counters.at("pss_peak").value, warm) << name;
  }
}

}  // namespace
