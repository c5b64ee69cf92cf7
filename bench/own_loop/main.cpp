// own_loop: a user's own loop, under Google Benchmark. `make report LOOP=file.cpp` builds and runs it; see README.md.
#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/program.hpp"
#include "machine/workers.hpp"
#include "own_loop/cases.hpp"
#include "own_loop/check.hpp"
#include "programs/benchmark_program.hpp"

namespace {

constexpr int loop_is_wrong = 3;

void print_check(const loops::Description& loop, std::chrono::seconds limit) {
  nlohmann::ordered_json sizes = nlohmann::ordered_json::array();
  for (const std::int64_t size : loop.sizes) {
    const own_loop::Checked found = own_loop::check(loop, size, limit);
    sizes.push_back(
        {{"size", size}, {"tasks", found.tasks}, {"result_bytes", found.result_bytes}, {"seconds", found.seconds}});
  }
  const nlohmann::ordered_json document{{"loop", loop.name}, {"sizes", sizes}};
  fmt::print("{}\n", document.dump(1));
}

int run(int argc, char** argv) {
  command_line::Command command(
      "own_loop", "Times a loop of your own under every backend. Arguments --benchmark_... go to Google Benchmark.");
  bench::BenchmarkOptions options;
  bench::add_options(command, options);
  std::vector<std::int64_t> sizes;
  bool check = false;
  std::int64_t check_limit = 300;
  command.positive("--sizes", sizes, "sizes for make(), instead of the loop's own .sizes: 1000,100000");
  command.flag("--check", check,
               "run the loop of each size serially in a child, print its tasks and time as JSON, and end");
  command.positive("--check-limit", check_limit, "timeout in seconds for a task of the check");
  if (const auto status = command.parse(argc, argv)) return *status;
  try {
    const loops::Description loop = own_loop::description(sizes);
    if (check) {
      print_check(loop, std::chrono::seconds(check_limit));
      return 0;
    }
    return bench::run_benchmarks(command, argv[0], options,
                                 [&loop](std::int64_t /*largest_n*/, const bench::Limits& limits) {
                                   return own_loop::cases(loop, bench::sweep_workers(limits.processors));
                                 });
  } catch (const own_loop::Fault& fault) {
    fmt::print(stderr, "{}\n", fault.what());
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "{}\n", error.what());
  }
  return loop_is_wrong;
}

}  // namespace

int main(int argc, char** argv) {
  return host::run_program("own_loop", [&] { return run(argc, argv); });
}
