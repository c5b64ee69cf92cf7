#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "cases/verify.hpp"
#include "families/families.hpp"
#include "parzen/counting/kernel.hpp"
#include "parzen/random/legacy.hpp"
#include "parzen/widths.hpp"
#include "run_cases.hpp"

namespace {

TEST(ExpectedCounts, AreThoseOfLiteral) {
  const std::vector<double> widths{1.0, 0.1, 3.0};
  for (const std::int64_t n : {1, 4096, 4097, 30'000}) {
    const parzen::Problem problem{parzen::legacy_samples(4, n, 3), parzen::Query::Constant(3, 0.1)};
    EXPECT_EQ(bench::expected_counts(problem, widths, 2), bench::literal_counts(problem, widths)) << n;
  }
}

TEST(KernelsFamily, HasEveryKernelAndTheLimit) {
  std::set<std::string> names;
  for (const bench::Case& each : bench::select_family("kernels", {}).cases) names.insert(each.name);
  for (const parzen::Kernel& kernel : parzen::kernels()) {
    EXPECT_TRUE(names.contains(std::string("kernels/serial/kernel:").append(kernel.name) +
                               "/n:10000/d:2/m:100/widths:1.0-1.2/workers:1/start:warm"))
        << kernel.name;
  }
  for (const char* name : {
           "kernels/serial/kernel:stream_read/n:10000/d:2/workers:1/start:warm",
           "kernels/serial/kernel:indexed/n:10000/d:2/m:100/widths:1.0-1.2/workers:1/start:cold",
           "kernels/serial/kernel:stream_read/n:100000000/d:8/workers:1/start:warm",
           "kernels/serial/kernel:fused/n:10000000/d:2/m:100/widths:0.01-6/workers:1/start:warm",
       }) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(KernelsFamily, SkipsCasesThatExceedMemory) {
  const auto selection = bench::select_family("kernels", {.memory = 3'900'000'000});
  ASSERT_EQ(selection.skipped.size(), 2);
  EXPECT_EQ(selection.skipped.back(),
            "4 cases of family kernels are skipped, n = 100,000,000, d = 8: they need 9.0 GB of memory, and 3.9 GB are "
            "available");
  for (const bench::Case& each : selection.cases) EXPECT_EQ(each.name.find("n:100000000/d:8"), std::string::npos);
  EXPECT_TRUE(bench::select_family("kernels", {}).skipped.empty());
}

TEST(KernelsFamily, CountsTheArticlesProblemAlikeByEveryKernel) {
  std::vector<bench::Case> cases = bench::select_family("kernels", {}).cases;
  std::erase_if(cases, [](const bench::Case& each) { return each.n > 10'000; });
  const parzen::Problem problem{parzen::legacy_samples(123, 10'000, 2), parzen::Query::Zero(2)};
  const double digest = counts_digest(bench::literal_counts(problem, parzen::linspace(1.0, 1.2, 100)));
  std::map<std::string, int> seen;
  for (const auto& run : run_cases(std::move(cases))) {
    const std::string name = run.benchmark_name();
    EXPECT_EQ(error_in(run), std::nullopt) << name;
    if (name.find("stream_read") != std::string::npos) {
      EXPECT_FALSE(run.counters.contains("counts_digest")) << name << " does not count windows";
    } else if (name.find("widths:1.0-1.2") != std::string::npos) {
      EXPECT_EQ(run.counters.at("counts_digest").value, digest) << name;
    }
    ++seen[name.find("stream_read") != std::string::npos ? "limit" : "kernel"];
  }
  EXPECT_EQ(seen["limit"], 1);
  EXPECT_GE(seen["kernel"], 8);
}

TEST(AllCases, HaveAtMostTheLargestNOfSamples) {
  for (const std::int64_t largest : {std::int64_t{10'000}, std::int64_t{10'000'000}}) {
    std::int64_t found = 0;
    for (const bench::Case& each : bench::all_cases(largest)) found = std::max(found, each.n);
    EXPECT_EQ(found, largest);
  }
}

}  // namespace
