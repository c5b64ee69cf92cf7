// Family grain: the same loop with smaller and smaller tasks. It measures the minimum effective task granularity,
// METG(50%): the smallest grain that keeps half of the peak rate of work. Source: Slaughter et al., "Task Bench: a
// parameterized benchmark for evaluating parallel runtime performance", SC20. METG is for warm workers. Cold calls have
// a start-up cost instead.
//
//   grain/<backend>/kernel:literal/decomposition:by_width/iterations:<k>/n:128/d:2/m:<tasks>/workers:/start:
//
// As in Task Bench, every task counts the same block, which fits into the L1 cache. The number of repetitions is the
// grain. Unlike there, tasks are independent and there are no steps. A case is one call of 32 tasks per worker, so
// uneven ends matter little. Efficiency is relative to the best rate of all cases, of any backend and grain, which the
// analysis finds. Warm workers are also measured after a pause.
//
// Thread backends dispatch every task by itself. process_pool sends chunks, as multiprocessing does: a quarter of a
// worker's share, 8 of 32 tasks. So its METG is that of tasks in chunks.
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

/// The most blocks that serial counts in one call, in a quarter of a second. With many CPUs there are many tasks, and
/// smaller calls give the same serial rate.
constexpr std::int64_t most_blocks_alone = 1 << 20;

/// The shortest runs skip the cases with a pause.
constexpr std::int64_t beyond_the_shortest_runs = 100'000;
/// Calls with more iterations would take longer than the pause, and it would not matter.
constexpr std::int64_t most_iterations_after_a_pause = 1024;

/// How often a task counts the block. The last takes about 1 ms, far above any METG here.
constexpr std::array<std::int64_t, 7> grains{1, 4, 16, 64, 256, 1024, 4096};

/// The data of a call. Widths are data, since with many CPUs they exceed the size limit of parameters.
struct Data {
  processes::SharedMemory memory;  // samples, then one width per task
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
