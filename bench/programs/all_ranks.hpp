// The common part of programs that mpirun starts to measure: all ranks time the cases of the backend mpi together, and
// one prints and writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "programs/benchmark_program.hpp"

namespace bench {

/// Adds the options of all programs that measure, and --ranks.
void add_options(command_line::Command& command, BenchmarkOptions& options, std::optional<std::int64_t>& ranks);

/// As run_benchmarks(), on every rank: those of the cases that have a worker per rank, and a warm start, since ranks
/// exist before a call. The limits are those of one machine, as if it had all ranks. Throws std::runtime_error if
/// mpirun started another number of ranks than `expected`.
int run_on_all_ranks(const command_line::Command& command, std::string program, BenchmarkOptions options,
                     std::optional<std::int64_t> expected, const MakeCases& make_cases);

}  // namespace bench
