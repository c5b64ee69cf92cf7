// Loops that make their data in parts: a process makes only the samples that it counts, and together all make each
// once.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "contract.hpp"
#include "parzen/counting/loop.hpp"
#include "parzen/random/counter.hpp"

namespace contract {

namespace {

/// `n` may be smaller than the number of workers: then some have no sample.
void check(const Make& make, const Ranks& ranks, std::int64_t n, const char* kernel, int workers,
           std::vector<std::string>& found) {
  const parzen::Problem problem{parzen::counter_samples(11, n, 2), parzen::Query::Constant(2, 0.1)};
  const std::vector<double> widths{0.2, 1.5, 6.0};
  parzen::Counts expected(widths.size());
  parzen::count_literal(problem, {0, n}, widths, expected);
  std::vector<std::int64_t> made(static_cast<std::size_t>(n));
  const auto make_part = [&made](loops::Range samples) {
    for (std::int64_t i = samples.begin; i < samples.end; ++i) ++made[static_cast<std::size_t>(i)];
    return parzen::counter_part(11, samples, 2);
  };
  const parzen::CountLoop loop({n, 2, make_part}, problem.query, parzen::kernel(kernel), widths.size());
  const std::string what = fmt::format("{} samples in parts, kernel {}, {} workers", n, kernel, workers);
  const auto backend = make();
  backend->start(loop.loop(), workers);
  ranks.sum(made);
  if (std::ranges::any_of(made, [](std::int64_t times) { return times != 1; })) {
    found.push_back(fmt::format("{}: a sample is made {} times", what, std::ranges::max(made)));
  }
  for (const char* const call : {"first", "second"}) {
    backend->overwrite_results();
    const parzen::Counts counts = parzen::counts_in(backend->run(loop.parameters(widths)));
    if (counts == expected) continue;
    found.push_back(fmt::format("{}, {} call: counts are {}, should be {}", what, call, counts, expected));
  }
  backend->stop();
}

}  // namespace

std::vector<std::string> violations_with_data_in_parts(const Make& make, const Ranks& ranks) {
  std::vector<std::string> found;
  for (const std::int64_t n : {1, 2, 2003}) {
    for (const char* const kernel : {"literal", "fused"}) {
      const std::vector<int> every = ranks.workers > 0 ? std::vector{ranks.workers} : std::vector{1, 3};
      for (const int workers : every) check(make, ranks, n, kernel, workers, found);
    }
  }
  return found;
}

}  // namespace contract
