// Runs cases in tests: under Google Benchmark, as parzen_bench does, for as short as possible.
#pragma once

#include <benchmark/benchmark.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cases/case.hpp"
#include "cases/digest.hpp"
#include "parzen/problem.hpp"

class Collect : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& /*context*/) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override { all.insert(all.end(), runs.begin(), runs.end()); }
  std::vector<Run> all;
};

/// The message of a case that ended with an error; nothing if it has a time. Google Benchmark 1.8 renamed the field.
template <class Run>
std::optional<std::string> error_in(const Run& run) {
  if constexpr (requires { run.error_occurred; }) {
    return run.error_occurred ? std::optional(run.error_message) : std::nullopt;
  } else {
    return run.skipped ? std::optional(run.skip_message) : std::nullopt;
  }
}

inline std::vector<benchmark::BenchmarkReporter::Run> run_cases(std::vector<bench::Case> cases) {
  std::string program = "test";
  std::string min_time = "--benchmark_min_time=0.0001";
  std::array<char*, 3> arguments{program.data(), min_time.data(), nullptr};
  int count = 2;
  benchmark::Initialize(&count, arguments.data());
  benchmark::ClearRegisteredBenchmarks();
  bench::register_cases(std::move(cases), 0);
  Collect collect;
  benchmark::RunSpecifiedBenchmarks(&collect, ".");
  bench::begin_group({});
  return collect.all;
}

/// The digest of a case with these counts.
inline double counts_digest(const parzen::Counts& counts) { return bench::digest(std::as_bytes(std::span(counts))); }
