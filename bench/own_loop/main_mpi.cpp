// own_loop_mpi: a user's own loop under mpirun. `make report LOOP=file.cpp BACKENDS=mpi` builds it next to own_loop,
// which checks the loop and times the other backends.
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <vector>

#include "host/program.hpp"
#include "own_loop/cases.hpp"
#include "programs/all_ranks.hpp"

namespace {

constexpr int loop_is_wrong = 3;

int run(int argc, char** argv) {
  command_line::Command command(
      "own_loop_mpi", "Times a loop of your own under mpirun. Arguments --benchmark_... go to Google Benchmark.");
  bench::BenchmarkOptions options;
  std::optional<std::int64_t> ranks;
  bench::add_options(command, options, ranks);
  std::vector<std::int64_t> sizes;
  command.positive("--sizes", sizes, "sizes for make(), instead of the loop's own .sizes: 1000,100000");
  if (const auto status = command.parse(argc, argv)) return *status;
  try {
    const loops::Description loop = own_loop::description(sizes);
    return bench::run_on_all_ranks(command, argv[0], options, ranks,
                                   [&loop](std::int64_t /*largest_n*/, const bench::Limits& limits) {
                                     return own_loop::cases(loop, std::array{limits.processors});
                                   });
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "{}\n", error.what());
  }
  return loop_is_wrong;
}

}  // namespace

int main(int argc, char** argv) {
  return host::run_program("own_loop_mpi", [&] { return run(argc, argv); });
}
