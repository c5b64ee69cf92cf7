// What every program that measures is: some cases, run by Google Benchmark, with the machine as context.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cases/case.hpp"
#include "machine/limits.hpp"
#include "programs/command_line.hpp"

namespace bench {

struct BenchmarkOptions {
  std::uint64_t order_seed = 0;
  std::int64_t largest_n = 10'000'000;
  std::optional<std::uint64_t> memory;
  std::optional<std::string> case_file;
  std::optional<std::string> list;
  bool machine = false;
};

/// Options that every such program has. What else stands on the command line is Google Benchmark's.
void add_options(CLI::App& app, BenchmarkOptions& options);

/// The cases of at most so many samples within the limits; may add context of the program's own.
using MakeCases = std::function<std::vector<Case>(std::int64_t largest_n, const Limits& limits)>;

/// Does what the options of an app say that has been parsed; returns the exit status. `program` is argv[0].
int run_benchmarks(const CLI::App& app, std::string program, const BenchmarkOptions& options,
                   const MakeCases& make_cases);

}  // namespace bench
