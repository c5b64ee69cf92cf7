// Family grain: the same tasks smaller and smaller, for the minimum effective task granularity, METG(50%): the smallest
// grain at which half of the work's rate is left (Slaughter et al., "Task Bench: a parameterized benchmark for
// evaluating parallel runtime performance", SC20). That is of ready workers; calls that create theirs have a cost
// instead.
//
//   grain/<backend>/kernel:literal/decomposition:by_width/iterations:<k>/n:128/d:2/m:<tasks>/workers:/start:
//
// As there, every task counts the same block, which the first-level cache holds, and how many times it does is its
// grain. Unlike there, tasks do not depend on each other and there are no steps: a case is one call of a fixed number
// of tasks, 32 a worker, so that uneven ends weigh little. The rate that efficiency is measured by is the best of all
// cases, of whatever backend and grain; the analysis finds it. Warm workers are also asked after a pause.
//
// Backends of threads dispatch every task by itself. process_pool does not: as in multiprocessing, and wherever else it
// is used here, its workers take a quarter of their share at once, which is 8 of 32 tasks. So its METG is one of tasks
// that go in chunks.
#include "families/grain.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "cases/verify.hpp"
#include "families/any_size.hpp"
#include "families/every_backend.hpp"
#include "families/families.hpp"
#include "loops/typed.hpp"
#include "machine/workers.hpp"
#include "parzen/counting/kernel.hpp"
#include "parzen/random/counter.hpp"
#include "parzen/widths.hpp"

namespace bench {

namespace grain {

namespace {

constexpr std::uint64_t seed = 123;

/// Blocks that one worker alone counts in a call, at most: in a quarter of a second. With many processors there are
/// many tasks, and a single worker's rate is known from smaller ones.
constexpr std::int64_t most_blocks_alone = 1 << 20;

/// The shortest runs have no time for pauses.
constexpr std::int64_t beyond_the_shortest_runs = 100'000;
/// Calls of more would take longer than the pause, so that it is next to nothing of them.
constexpr std::int64_t most_iterations_after_a_pause = 1024;

/// How many times over a task counts the block. The last takes about a millisecond, far more than any METG here is.
constexpr std::array<std::int64_t, 7> grains{1, 4, 16, 64, 256, 1024, 4096};

/// What the tasks of a call read; widths are data, since many processors have more than parameters may hold.
struct Data {
  processes::SharedMemory memory;  // the samples, and behind them a width a task
  parzen::Counts expected;
};

Data data_of(std::size_t tasks) {
  const parzen::Problem problem{parzen::counter_samples(seed, n, d), parzen::Query::Zero(d)};
  const std::vector<double> widths = parzen::linspace(1.0, 1.2, tasks);
  std::vector<double> all(problem.samples.data(), problem.samples.data() + n * d);
  all.insert(all.end(), widths.begin(), widths.end());
  return {loops::shared(std::span<const double>(all)), literal_counts(problem, widths)};
}

}  // namespace

CaseSettings settings_of(std::int64_t iterations, std::int64_t tasks) {
  const auto call = [iterations, tasks] {
    const Data& data = held([tasks] { return data_of(static_cast<std::size_t>(tasks)); });
    const auto expected = std::as_bytes(std::span(data.expected));
    return LoopCall{.loop = loops::map<count_repeatedly<parzen::count_literal>>({.tasks = tasks, .data = data.memory}),
                    .parameters = loops::bytes_of(iterations),
                    .expected = {expected.begin(), expected.end()},
                    .digest = "counts_digest"};
  };
  const std::string problem = fmt::format("n:{}/d:{}/m:{}", n, d, tasks);
  return {.family = "grain",
          .group = "grain/" + problem,
          .work = fmt::format("kernel:literal/decomposition:by_width/iterations:{}/{}", iterations, problem),
          .call = call,
          .n = n,
          .d = d,
          .under_peers = true};
}

}  // namespace grain

namespace {

std::vector<Case> grain_cases_for(int processors) {
  const int workers = several(processors);
  const std::int64_t tasks = tasks_a_worker * workers;
  std::vector<Case> cases;
  for (const std::int64_t iterations : grain::grains) {
    const CaseSettings settings = grain::settings_of(iterations, tasks);
    const bool also_alone = tasks * iterations <= grain::most_blocks_alone;
    for (Case& each : under_every_backend(settings, std::array{workers}, true, also_alone)) {
      if (each.of_peer) each.from_largest_n = from_largest_n_of_peers(processors);
      cases.push_back(std::move(each));
    }
    if (iterations > grain::most_iterations_after_a_pause) continue;
    for (Case& each : after_a_pause(settings, workers, false)) {
      each.from_largest_n = each.of_peer ? from_largest_n_of_peers(processors) : grain::beyond_the_shortest_runs;
      cases.push_back(std::move(each));
    }
  }
  return cases;
}

const Family grain_family("grain",
                          [](const Limits& limits) { return Selection{grain_cases_for(limits.processors), {}}; });

}  // namespace

}  // namespace bench
