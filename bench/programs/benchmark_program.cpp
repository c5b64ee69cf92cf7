#include "programs/benchmark_program.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

#include "backends/backend.hpp"
#include "cases/case_file.hpp"
#include "cases/case_list.hpp"
#include "command_line/library_messages.hpp"
#include "host/descriptors.hpp"
#include "machine/description.hpp"
#include "machine/machine.hpp"
#include "processes/fork_server.hpp"
#include "processes/os/descriptor.hpp"
#include "text/shown.hpp"

namespace bench {

namespace {

void add_context(std::uint64_t order_seed) {
  // Firmware and environment may contain any bytes, which Google Benchmark would write unescaped.
  const auto add = [](const std::string& group, const Items& items) {
    for (const auto& [name, value] : items) benchmark::AddCustomContext(group + name, text::escaped(value));
  };
  add("machine.", describe_machine());
  add("state.", describe_state());
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
  benchmark::AddCustomContext("order_seed", std::to_string(order_seed));
}

/// Whether Google Benchmark only lists the cases, which needs no process.
bool lists_only(const std::vector<std::string>& arguments) {
  return std::ranges::find(arguments, "--benchmark_list_tests") != arguments.end() ||
         std::ranges::find(arguments, "--benchmark_list_tests=true") != arguments.end();
}

/// Whether the text is seconds, as 0.5 or 0.5s, or a number of iterations, as 10x (Google Benchmark 1.8 or newer).
bool is_min_time(std::string_view text) {
  const char* const last = text.data() + text.size();
  double seconds = 0;
  const auto number = std::from_chars(text.data(), last, seconds);
  if (number.ec != std::errc() || !std::isfinite(seconds) || seconds < 0) return false;
  const std::string_view unit(number.ptr, last);
  if (unit.empty() || unit == "s") return true;
  std::int64_t iterations = 0;
  const auto count = std::from_chars(text.data(), last, iterations);
  return count.ec == std::errc() && iterations > 0 && std::string_view(count.ptr, last) == "x";
}

/// Checks the minimum time of a case; empty if it is valid. Google Benchmark 1.9 aborts on invalid ones.
std::optional<std::string> wrong_min_time(const std::vector<std::string>& arguments) {
  const auto judge = [](std::string_view name, std::string_view text) -> std::optional<std::string> {
    if (is_min_time(text)) return std::nullopt;
    return fmt::format("{} is {}: give seconds, such as 0.5", name, text::quoted(text));
  };
  constexpr std::string_view option = "--benchmark_min_time=";
  for (const std::string_view argument : arguments) {
    if (!argument.starts_with(option)) continue;
    if (auto wrong = judge(option.substr(0, option.size() - 1), argument.substr(option.size()))) return wrong;
  }
  const char* const variable = std::getenv("BENCHMARK_MIN_TIME");
  return variable == nullptr ? std::nullopt : judge("BENCHMARK_MIN_TIME", variable);
}

/// For a rank that does not report.
class NoReporter : public benchmark::BenchmarkReporter {
 public:
  NoReporter() {
    SetOutputStream(&nowhere_);
    SetErrorStream(&nowhere_);
  }
  bool ReportContext(const Context& /*context*/) override { return true; }
  void ReportRuns(const std::vector<Run>& /*runs*/) override {}

 private:
  std::ostream nowhere_{nullptr};
};

std::size_t run_cases(bool silent) {
  if (!silent) return benchmark::RunSpecifiedBenchmarks();
  NoReporter nobody;
  return benchmark::RunSpecifiedBenchmarks(&nobody);
}

/// If Google Benchmark cannot open two files, it ends the program without a message. This throws first.
void require_descriptors() { static_cast<void>(processes::Pipe::open()); }

}  // namespace

void add_options(command_line::Command& command, BenchmarkOptions& options) {
  command.allow_others();
  command.option("--order-seed", options.order_seed, "seed for the order of the cases");
  command.option("--largest-n", options.largest_n, "skip cases with more samples");
  command.option("--memory", options.memory, "memory in bytes that cases may use; default: what is available now");
  command.option("--cases", options.case_file, "run only the cases in this file, one name per line");
  command.choice("--list", options.list, {"json"}, "print the cases in this format, and end: json");
  command.flag("--machine", options.machine, "print the machine and its state as JSON, and end");
}

int run_benchmarks(const command_line::Command& command, std::string program, const BenchmarkOptions& options,
                   const MakeCases& make_cases) {
  std::vector<std::string> rest = command.others();
  if (options.silent) std::erase_if(rest, [](const std::string& text) { return text.starts_with("--benchmark_out"); });
  if (const auto wrong = wrong_min_time(rest)) return command.refuse(*wrong);
  std::vector<char*> arguments{program.data()};
  for (std::string& argument : rest) arguments.push_back(argument.data());
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  const command_line::LibraryErrors errors(rest);
  benchmark::Initialize(&count, arguments.data());
  if (count > 1) return command.refuse_argument(arguments[1]);
  if (options.machine) {
    if (!options.silent) fmt::print("{}\n", machine_description());
    return 0;
  }
  host::raise_descriptor_limit();  // before the fork server: supervisors of pools need descriptors too
  // Start the fork server while this program has one thread: cases may create threads, and later cases pools.
  std::optional<processes::ForkServer> fork_server;
  if (!options.list && !lists_only(rest)) {
    if (together() == nullptr) fork_server.emplace();  // ranks of mpirun must not fork
    require_descriptors();
  }
  Limits limits = limits_here();
  if (options.memory) limits.memory = *options.memory;
  std::vector<Case> cases = make_cases(options.largest_n, limits);
  try {
    if (options.case_file) cases = named_in(*options.case_file, std::move(cases));
  } catch (const std::invalid_argument& error) {
    return command.refuse(text::escaped(error.what()));
  }
  if (options.list) {
    if (!options.silent) fmt::print("{}\n", case_list(cases));
    return 0;
  }
  add_context(options.order_seed);
  register_cases(std::move(cases), options.order_seed);
  const std::size_t matched = run_cases(options.silent);
  begin_group({});
  benchmark::Shutdown();
  return matched > 0 ? 0 : 1;
}

}  // namespace bench
