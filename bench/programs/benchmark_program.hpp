// The common part of programs that measure: cases, run by Google Benchmark, with the machine as context.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cases/case.hpp"
#include "command_line/command.hpp"
#include "machine/limits.hpp"

namespace bench {

struct BenchmarkOptions {
  std::uint64_t order_seed = 0;
  std::int64_t largest_n = 10'000'000;
  std::optional<std::uint64_t> memory;
  std::optional<std::string> case_file;
  std::optional<std::string> list;
  bool machine = false;
  bool silent = false;  ///< another rank of mpirun prints and writes
};

/// Adds the options that all such programs have. Other arguments go to Google Benchmark.
void add_options(command_line::Command& command, BenchmarkOptions& options);

/// Makes the cases for this largest_n and these limits; may add context of the program.
using MakeCases = std::function<std::vector<Case>(std::int64_t largest_n, const Limits& limits)>;

/// Runs a parsed command by its options. Returns the exit status. `program` is argv[0].
int run_benchmarks(const command_line::Command& command, std::string program, const BenchmarkOptions& options,
                   const MakeCases& make_cases);

}  // namespace bench
