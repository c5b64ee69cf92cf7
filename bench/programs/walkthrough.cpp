// The article's examples in C++, in its order, with its output.
// S. Raschka, "An introduction to parallel programming using Python's multiprocessing module", 2014.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numbers>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "backends/backend.hpp"
#include "command_line/command.hpp"
#include "host/program.hpp"
#include "parzen/counting/kernel.hpp"
#include "parzen/counting/loop.hpp"
#include "parzen/density.hpp"
#include "parzen/random/legacy.hpp"
#include "parzen/widths.hpp"
#include "processes/pool.hpp"
#include "processes/process.hpp"
#include "processes/queue.hpp"

namespace {

constexpr int workers = 4;

std::string random_string(std::size_t length) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::random_device random;  // not seeded before the fork, so that children do not draw the same numbers
  std::uniform_int_distribution<std::size_t> position(0, letters.size() - 1);
  std::string text(length, ' ');
  std::ranges::generate(text, [&] { return letters[position(random)]; });
  return text;
}

/// Four processes each put answer(position) into a queue. Returns the answers in the order of arrival.
template <class Answer>
std::vector<Answer> from_four_processes(Answer (*answer)(int position)) {
  processes::Queue<Answer> output;
  std::vector<processes::Process> children;
  for (int position = 0; position < workers; ++position) {
    children.emplace_back([&output, answer, position] {
      output.put(answer(position));
      return 0;
    });
  }
  for (auto& child : children) child.start();
  output.close_writer();
  std::vector<Answer> results;
  while (auto result = output.get()) results.push_back(std::move(*result));
  for (auto& child : children) child.join();
  return results;
}

void process_class() {
  fmt::print("The Process class: four random strings, in the order in which they arrived\n\n");
  fmt::print("    {}\n\n", from_four_processes<std::string>([](int /*position*/) { return random_string(5); }));

  fmt::print("The same with positions, then ordered by them\n\n");
  using Tagged = std::pair<int, std::string>;
  auto tagged = from_four_processes<Tagged>([](int position) { return Tagged(position, random_string(5)); });
  fmt::print("    {}\n", tagged);
  std::ranges::sort(tagged);
  std::vector<std::string> ordered;
  std::ranges::transform(tagged, std::back_inserter(ordered), &Tagged::second);
  fmt::print("    {}\n\n", ordered);
}

long cube(long x) { return x * x * x; }

void pool_class() {
  const std::vector<long> inputs{1, 2, 3, 4, 5, 6};
  processes::ProcessPool pool(workers);

  std::vector<long> applied;
  for (const long x : inputs) applied.push_back(pool.apply(cube, x));

  std::vector<processes::Future<long>> futures;
  for (const long x : inputs) futures.push_back(pool.apply_async(cube, x));
  std::vector<long> gathered;
  for (auto& future : futures) gathered.push_back(future.get());

  fmt::print("The Pool class: cubes of 1 to 6, four workers\n\n");
  fmt::print("    apply        {}\n", applied);
  fmt::print("    map          {}\n", pool.map(cube, inputs));
  fmt::print("    apply_async  {}\n", gathered);
  fmt::print("    map_async    {}\n\n", pool.map_async(cube, inputs).get());
  pool.close();
  pool.join();
}

void cube_example() {
  const parzen::Samples samples{{0, 0, 0},          {0.2, 0.2, 0.2},  {0.1, -0.1, -0.3}, {-1.2, 0.3, -0.3},
                                {0.8, -0.82, -0.9}, {1, 0.6, -0.7},   {0.8, 0.7, 0.2},   {0.7, -0.8, -0.45},
                                {-0.3, 0.6, 0.9},   {0.7, -0.6, -0.8}};
  const parzen::Problem problem{samples, parzen::Query::Zero(3)};
  const std::array h{1.0};
  parzen::Counts counts(1);
  parzen::count_literal(problem, {0, samples.rows()}, h, counts);
  fmt::print("The Parzen-window method: three of ten points in the cube around the origin\n\n");
  fmt::print("    p(x) = {}\n\n",
             parzen::density(counts[0], samples.rows(), samples.cols(), h[0], parzen::Normaliser::as_published));
}

void density_table() {
  constexpr std::int64_t n = 10'000;
  constexpr std::int64_t d = 2;
  constexpr double actual = 1 / (2 * std::numbers::pi);
  // Printed in the article.
  constexpr std::array published{"0.016", "0.0305",   "0.045",          "0.06175", "0.078",          "0.0911666666667",
                                 "0.106", "0.117375", "0.132666666667", "0.1445",  "0.157090909091", "0.1685"};
  const parzen::Problem problem{parzen::legacy_samples(123, n, d), parzen::Query::Zero(d)};
  const std::vector<double> widths = parzen::stepped(0.1, 1.2, 0.1);
  const auto backend = backends::find("process_pool").make();
  const parzen::CountLoop loop(problem, parzen::kernel("literal"), parzen::Decomposition::by_width, widths.size());
  backend->start(loop.loop(), workers);
  const parzen::Counts counts = parzen::counts_in(backend->run(loop.parameters(widths)));
  backend->stop();

  fmt::print("The density of 10,000 standard normal samples in two dimensions at the origin\n\n");
  fmt::print("    actual probability density: {:.12g}\n\n", actual);
  fmt::print("    {:>4} {:>6} {:>16} {:>16} {:>16}\n", "h", "count", "the article's", "as published", "by volume");
  for (std::size_t j = 0; j < widths.size(); ++j) {
    fmt::print("    {:>4.1f} {:>6} {:>16} {:>16.12g} {:>16.12g}\n", widths[j], counts[j], published[j],
               parzen::density(counts[j], n, d, widths[j], parzen::Normaliser::as_published),
               parzen::density(counts[j], n, d, widths[j], parzen::Normaliser::volume));
  }
  fmt::print(
      "\nErratum: the article divides by h**point_x.shape[1], and its point is a 2 x 1\n"
      "column, so it divides by h where the window has the volume h**2. Its best width,\n"
      "h = 1.1, comes from that. Divided by the volume, the estimate closest to the\n"
      "actual density is that of h = 0.1, and the estimates tend to fall as h grows.\n");
}

}  // namespace

int main(int argc, char** argv) {
  return host::run_program("walkthrough", [&] {
    command_line::Command command(
        "walkthrough", "The article's examples in its order, in C++, each printing what the article prints.");
    if (const auto status = command.parse(argc, argv)) return *status;
    process_class();
    pool_class();
    cube_example();
    density_table();
    return 0;
  });
}
