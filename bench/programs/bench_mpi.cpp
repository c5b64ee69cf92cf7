// bench_mpi: the cases of the backend mpi, timed by all ranks of mpirun together. One rank prints and writes what
// parzen_bench does. The other backends are in parzen_bench: `make bench-mpi` measures both in every round.
#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "backends/backend.hpp"
#include "cases/together.hpp"
#include "families/families.hpp"
#include "host/program.hpp"
#include "programs/benchmark_program.hpp"

namespace {

class AllRanks : public bench::Together {
 public:
  AllRanks(backends::Ranks ranks, double min_time) : ranks_(ranks), min_time_(min_time) {}

  void wait() override { MPI_Barrier(MPI_COMM_WORLD); }
  void largest(std::span<double> values) override { combine(values, MPI_MAX); }
  void sum(std::span<double> values) override { combine(values, MPI_SUM); }
  std::string first(const std::string& text) override {
    int rank = text.empty() ? ranks_.size : ranks_.rank;
    MPI_Allreduce(MPI_IN_PLACE, &rank, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (rank == ranks_.size) return {};
    std::string sent = rank == ranks_.rank ? text : "";
    auto size = static_cast<int>(sent.size());
    MPI_Bcast(&size, 1, MPI_INT, rank, MPI_COMM_WORLD);
    sent.resize(static_cast<std::size_t>(size));
    MPI_Bcast(sent.data(), size, MPI_CHAR, rank, MPI_COMM_WORLD);
    return sent;
  }
  [[nodiscard]] double min_time() const override { return min_time_; }

 private:
  static void combine(std::span<double> values, MPI_Op operation) {
    MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_DOUBLE, operation, MPI_COMM_WORLD);
  }

  backends::Ranks ranks_;
  double min_time_;
};

/// Of the option that goes to Google Benchmark, which does not say what it read. Its own default is half a second.
double min_time_in(const std::vector<std::string>& arguments) {
  constexpr std::string_view option = "--benchmark_min_time=";
  double seconds = 0.5;
  for (const std::string& argument : arguments) {
    if (argument.starts_with(option)) seconds = std::strtod(argument.c_str() + option.size(), nullptr);
  }
  return std::isfinite(seconds) ? seconds : 0.0;
}

/// Warm cases of the backend mpi with a worker a rank: ranks exist before a call.
bool is_of_ranks(const bench::Case& each, int ranks) {
  const std::string name = each.name + "/";
  return name.find("/mpi/") == name.find('/') && name.find(fmt::format("/workers:{}/", ranks)) != std::string::npos &&
         name.find("/start:warm/") != std::string::npos;
}

int run(int argc, char** argv) {
  command_line::Command command(
      "bench_mpi",
      "Times the cases of the backend mpi under mpirun. Arguments --benchmark_... go to Google Benchmark.");
  bench::BenchmarkOptions options;
  bench::add_options(command, options);
  if (const auto status = command.parse(argc, argv)) return *status;
  const backends::Ranks ranks = backends::find("mpi").ranks();
  AllRanks all(ranks, min_time_in(command.others()));
  bench::together() = &all;
  options.silent = ranks.rank != 0;
  const int status =
      bench::run_benchmarks(command, argv[0], options, [&](std::int64_t largest_n, bench::Limits limits) {
        limits.processors = ranks.size;
        limits.memory /= static_cast<std::uint64_t>(ranks.size);  // as if all ranks had one machine
        std::vector<bench::Case> cases = bench::all_cases(largest_n, limits);
        std::erase_if(cases, [&](const bench::Case& each) { return !is_of_ranks(each, ranks.size); });
        return cases;
      });
  bench::together() = nullptr;
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  return host::run_program("bench_mpi", [&] { return run(argc, argv); });
}
