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
// is used here, a message of its map holds a quarter of a worker's share, which is 8 of 32 tasks. So its METG is one of
// tasks that go in chunks.
#include "families/grain.hpp"

#include <array>
#include <iterator>

#include "cases/verify.hpp"
#include "families/every_backend.hpp"
#include "families/families.hpp"
#include "machine/workers.hpp"
#include "parzen/random/counter.hpp"
#include "parzen/widths.hpp"

namespace bench {

namespace grain {

namespace {

constexpr std::uint64_t seed = 123;
constexpr std::int64_t n = 128;
constexpr std::int64_t d = 2;

/// Blocks that one worker alone counts in a call, at most: in a quarter of a second. With many processors there are
/// many tasks, and a single worker's rate is known from smaller ones.
constexpr std::int64_t most_blocks_alone = 1 << 20;

/// The shortest runs have no time for pauses.
constexpr std::int64_t from_largest_n_with_pause = 100'000;
/// Calls of more would take longer than the pause, so that it is next to nothing of them.
constexpr std::int64_t most_iterations_after_a_pause = 1024;

/// A count function has no state, so that each number of iterations is a kernel of its own.
struct Grain {
  std::int64_t iterations;
  parzen::Kernel kernel;
};

template <std::int64_t iterations>
constexpr Grain grain_of{iterations,
                         {"literal", "the same counts over and over", repeat<parzen::count_literal, iterations>}};

/// The last takes about a millisecond, far more than any METG here is.
constexpr std::array grains{grain_of<1>,   grain_of<4>,    grain_of<16>,  grain_of<64>,
                            grain_of<256>, grain_of<1024>, grain_of<4096>};

Question ask(std::size_t tasks) {
  parzen::Problem problem{parzen::counter_samples(seed, n, d), parzen::Query::Zero(d)};
  std::vector<double> widths = parzen::linspace(1.0, 1.2, tasks);
  parzen::Counts expected = literal_counts(problem, widths);
  return {std::move(problem), std::move(widths), std::move(expected)};
}

}  // namespace

}  // namespace grain

namespace {

std::vector<Case> grain_cases_for(int processors) {
  const int workers = several(processors);
  const std::int64_t tasks = tasks_a_worker * workers;
  std::vector<Case> cases;
  for (const grain::Grain& grain : grain::grains) {
    const CaseSettings settings{.family = "grain",
                                .kernel = &grain.kernel,
                                .decomposition = backends::Decomposition::by_width,
                                .iterations = grain.iterations,
                                .n = grain::n,
                                .d = grain::d,
                                .m = tasks,
                                .question = [tasks] { return grain::ask(static_cast<std::size_t>(tasks)); }};
    std::ranges::move(
        under_every_backend(settings, std::array{workers}, true, tasks * grain.iterations <= grain::most_blocks_alone),
        std::back_inserter(cases));
    if (grain.iterations > grain::most_iterations_after_a_pause) continue;
    for (Case& each : after_a_pause(settings, workers, false)) {
      each.from_largest_n = grain::from_largest_n_with_pause;
      cases.push_back(std::move(each));
    }
  }
  return cases;
}

const Family grain_family("grain",
                          [](const Limits& limits) { return Selection{grain_cases_for(limits.processors), {}}; });

}  // namespace

}  // namespace bench
