// own_loop: a user's own loop, under Google Benchmark. `make report LOOP=file.cpp` builds it and runs it; README.md
// says how.
#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/program.hpp"
#include "own_loop/cases.hpp"
#include "own_loop/check.hpp"
#include "programs/benchmark_program.hpp"

namespace {

constexpr int loop_is_wrong = 3;

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  for (auto end = list.find(','); end != std::string::npos; end = list.find(',', begin)) {
    words.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  words.push_back(list.substr(begin));
  return words;
}

std::string fault_of_positive_number(const std::string& text) {
  if (std::string fault = command_line::fault_of_whole_number<>(text); !fault.empty()) return fault;
  return std::stoll(text) < 1 ? fmt::format("{} is less than 1", text::quoted(text)) : "";
}

std::string fault_of_sizes(const std::string& list) {
  for (const std::string& word : words_of(list)) {
    if (std::string fault = fault_of_positive_number(word); !fault.empty()) {
      return fault + ", in a list such as 1000,100000";
    }
  }
  return {};
}

std::vector<std::int64_t> sizes_in(const std::string& list) {
  std::vector<std::int64_t> sizes;
  if (list.empty()) return sizes;
  for (const std::string& word : words_of(list)) sizes.push_back(std::stoll(word));
  return sizes;
}

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
  CLI::App app("Times a loop of your own under every backend. Arguments --benchmark_... go to Google Benchmark.",
               "own_loop");
  bench::BenchmarkOptions options;
  bench::add_options(app, options);
  std::string sizes;
  bool check = false;
  std::int64_t check_limit = 300;
  app.add_option("--sizes", sizes, "what make() is called with, instead of the loop's own .sizes: 1000,100000")
      ->check(fault_of_sizes);
  app.add_flag("--check", check, "run the loop of each size serially in a child, print what it takes as JSON, and end");
  app.add_option("--check-limit", check_limit, "seconds after which a task of the check hangs")
      ->check(fault_of_positive_number)
      ->capture_default_str();
  if (const auto status = command_line::parse(app, argc, argv)) return *status;
  try {
    const loops::Description loop = own_loop::description(sizes_in(sizes));
    if (check) {
      print_check(loop, std::chrono::seconds(check_limit));
      return 0;
    }
    return bench::run_benchmarks(
        app, argv[0], options,
        [&loop](std::int64_t /*largest_n*/, const bench::Limits& limits) { return own_loop::cases(loop, limits); });
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
