// parzen_bench: the cases of all families, under Google Benchmark. `make bench` runs it in rounds; see rounds.py.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "families/article.hpp"
#include "families/families.hpp"
#include "host/program.hpp"
#include "programs/benchmark_program.hpp"

namespace {

int run(int argc, char** argv) {
  command_line::Command command(
      "parzen_bench",
      "Times the Parzen-window count under every backend. Arguments --benchmark_... go to Google Benchmark.");
  bench::BenchmarkOptions options;
  bench::add_options(command, options);
  if (const auto status = command.parse(argc, argv)) return *status;
  return bench::run_benchmarks(command, argv[0], options, [](std::int64_t largest_n, const bench::Limits& limits) {
    benchmark::AddCustomContext("article.counts", fmt::format("{}", fmt::join(bench::article_table_counts(), ",")));
    return bench::all_cases(largest_n, limits);
  });
}

}  // namespace

int main(int argc, char** argv) {
  return host::run_program("parzen_bench", [&] { return run(argc, argv); });
}
