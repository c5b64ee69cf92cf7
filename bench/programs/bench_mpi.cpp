// bench_mpi: the cases of the backend mpi, timed by all ranks of mpirun together. One rank prints and writes what
// parzen_bench does. The other backends are in parzen_bench: `make bench-mpi` measures both in every round.
#include <cstdint>
#include <optional>

#include "families/families.hpp"
#include "host/program.hpp"
#include "programs/all_ranks.hpp"

namespace {

int run(int argc, char** argv) {
  command_line::Command command(
      "bench_mpi",
      "Times the cases of the backend mpi under mpirun. Arguments --benchmark_... go to Google Benchmark.");
  bench::BenchmarkOptions options;
  std::optional<std::int64_t> ranks;
  bench::add_options(command, options, ranks);
  if (const auto status = command.parse(argc, argv)) return *status;
  return bench::run_on_all_ranks(command, argv[0], options, ranks, bench::all_cases);
}

}  // namespace

int main(int argc, char** argv) {
  return host::run_program("bench_mpi", [&] { return run(argc, argv); });
}
