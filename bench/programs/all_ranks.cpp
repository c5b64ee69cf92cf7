#include "programs/all_ranks.hpp"

#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/backend.hpp"
#include "cases/together.hpp"

namespace bench {

namespace {

class AllRanks : public Together {
 public:
  AllRanks(backends::Ranks ranks, double min_time) : ranks_(ranks), min_time_(min_time) {}

  [[nodiscard]] backends::Ranks ranks() const override { return ranks_; }
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

/// Empty tasks have no start: their workers exist. Each rank would start the busy programs of family load.
bool is_of_ranks(const Case& each, int ranks) {
  const std::string name = each.name + "/";
  return name.find("/mpi/") == name.find('/') && name.find(fmt::format("/workers:{}/", ranks)) != std::string::npos &&
         name.find("/start:cold/") == std::string::npos && !name.starts_with("load/");
}

void require_ranks(int found, std::optional<std::int64_t> expected) {
  if (!expected || *expected == found) return;
  throw std::runtime_error(
      fmt::format("{} rank(s) were started, and --ranks is {}: all rounds of a run need the same number; check that "
                  "mpirun is of the MPI that the program was built with, and that the hosts have enough slots",
                  found, *expected));
}

}  // namespace

void add_options(command_line::Command& command, BenchmarkOptions& options, std::optional<std::int64_t>& ranks) {
  add_options(command, options);
  command.option("--ranks", ranks, "end with an error if mpirun started another number of ranks");
}

int run_on_all_ranks(const command_line::Command& command, std::string program, BenchmarkOptions options,
                     std::optional<std::int64_t> expected, const MakeCases& make_cases) {
  const backends::Ranks ranks = backends::find("mpi").ranks();
  require_ranks(ranks.size, expected);
  AllRanks all(ranks, min_time_in(command.others()));
  together() = &all;
  options.silent = ranks.rank != 0;
  const int status = run_benchmarks(command, std::move(program), options, [&](std::int64_t largest_n, Limits limits) {
    limits.processors = ranks.size;
    limits.memory /= static_cast<std::uint64_t>(ranks.size);  // as if all ranks had one machine
    std::vector<Case> cases = make_cases(largest_n, limits);
    std::erase_if(cases, [&](const Case& each) { return !is_of_ranks(each, ranks.size); });
    return cases;
  });
  together() = nullptr;
  return status;
}

}  // namespace bench
