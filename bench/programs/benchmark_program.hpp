// What every program that measures is: some cases, run by Google Benchmark, with the machine as context.
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
};

/// Options that every such program has. What else stands on the command line is Google Benchmark's.
void add_options(command_line::Command& command, BenchmarkOptions& options);

/// The cases of at most so many samples within the limits; may add context of the program's own.
using MakeCases = std::function<std::vector<Case>(std::int64_t largest_n, const Limits& limits)>;

/// Does what the options say of a command that has been parsed; returns the exit status. `program` is argv[0].
int run_benchmarks(const command_line::Command& command, std::string program, const BenchmarkOptions& options,
                   const MakeCases& make_cases);

}  // namespace bench
