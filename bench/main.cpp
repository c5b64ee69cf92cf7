// parzen_bench: the cases of all families, under Google Benchmark. `make bench` runs it in rounds; see rounds.py.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "backends/backend.hpp"
#include "case_file.hpp"
#include "families/families.hpp"
#include "host/descriptors.hpp"
#include "host/program.hpp"
#include "machine.hpp"
#include "means.hpp"
#include "processes/nursery.hpp"

namespace {

nlohmann::ordered_json as_json(const bench::Items& items) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [name, value] : items) object[name] = value;
  return object;
}

void add_context(std::uint64_t order_seed) {
  for (const auto& [name, value] : bench::describe_machine()) benchmark::AddCustomContext("machine." + name, value);
  for (const auto& [name, value] : bench::describe_state()) benchmark::AddCustomContext("state." + name, value);
  std::vector<std::string> built;
  for (const backends::Description& backend : backends::registry()) built.push_back(backend.name);
  std::vector<std::string> mechanisms;
  for (const backends::Description& backend : backends::registry()) {
    mechanisms.push_back(fmt::format("{}: {}", backend.name, backends::name(backend.mechanism)));
  }
  std::vector<std::string> left_out;
  for (const auto& [name, reason] : backends::left_out()) left_out.push_back(fmt::format("{}: {}", name, reason));
  benchmark::AddCustomContext("backends.built", fmt::format("{}", fmt::join(built, ",")));
  benchmark::AddCustomContext("backends.mechanisms", fmt::format("{}", fmt::join(mechanisms, "; ")));
  benchmark::AddCustomContext("backends.left_out", fmt::format("{}", fmt::join(left_out, "; ")));
  benchmark::AddCustomContext("article.counts", fmt::format("{}", fmt::join(bench::article_table_counts(), ",")));
  benchmark::AddCustomContext("order_seed", std::to_string(order_seed));
}

/// Whether Google Benchmark is only to name the cases, which needs no process.
bool lists_only(const std::vector<std::string>& arguments) {
  return std::ranges::find(arguments, "--benchmark_list_tests") != arguments.end() ||
         std::ranges::find(arguments, "--benchmark_list_tests=true") != arguments.end();
}

int run(int argc, char** argv) {
  CLI::App app("Times the Parzen-window count under every backend. Arguments --benchmark_... go to Google Benchmark.");
  app.allow_extras();
  std::uint64_t order_seed = 0;
  std::int64_t largest_n = 10'000'000;
  std::optional<std::uint64_t> memory;
  std::optional<std::string> case_file;
  bool machine = false;
  app.add_option("--order-seed", order_seed, "what the order of the cases is drawn from")->capture_default_str();
  app.add_option("--largest-n", largest_n, "leave out the cases of more samples")->capture_default_str();
  app.add_option("--memory", memory, "bytes that cases may take in memory; what is available now, if it is not given")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--cases", case_file, "run only the cases that this file names, one a line");
  app.add_flag("--machine", machine, "print what the machine is and its state as JSON, and end");
  constexpr int bad_input = 2;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : bad_input;
  }
  std::vector<std::string> rest = app.remaining();
  std::vector<char*> arguments{argv[0]};
  for (std::string& argument : rest) arguments.push_back(argument.data());
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return bad_input;
  if (machine) {
    const nlohmann::ordered_json description{{"machine", as_json(bench::describe_machine())},
                                             {"state", as_json(bench::describe_state())}};
    fmt::print("{}\n", description.dump(2));
    return 0;
  }
  host::raise_descriptor_limit();  // before the nursery: the keepers of pools need descriptors as well
  // Before the cases, which may make threads: they make pools after others have left some.
  std::optional<processes::Nursery> nursery;
  if (!lists_only(rest)) nursery.emplace();
  bench::Means means = bench::means_here();
  if (memory) means.memory = *memory;
  std::vector<bench::Case> cases = bench::all_cases(largest_n, means);
  try {
    if (case_file) cases = bench::named_in(*case_file, std::move(cases));
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "parzen_bench: {}\n", error.what());
    return bad_input;
  }
  add_context(order_seed);
  bench::register_cases(std::move(cases), order_seed);
  const std::size_t matched = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return matched > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return host::run_program("parzen_bench", [&] { return run(argc, argv); });
}
