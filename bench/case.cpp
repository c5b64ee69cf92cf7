#include "case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>

#include "counters.hpp"
#include "verify.hpp"

namespace bench {

namespace {

std::string case_name(const CaseSettings& s) {
  return fmt::format("{}/{}/kernel:{}/decomposition:{}/n:{}/d:{}/m:{}/workers:{}/start:{}", s.family, s.backend->name,
                     s.kernel->name, backends::name(s.decomposition), s.n, s.d, s.m, s.workers,
                     s.start == Start::cold ? "cold" : "warm");
}

/// Calls start, run and stop, or only run, as the case says.
class Asker {
 public:
  Asker(const CaseSettings& settings, const Question& question)
      : settings_(settings), question_(question), backend_(settings.backend->make()) {
    if (settings_.start == Start::warm) start();
  }

  parzen::Counts ask(std::span<const double> widths) {
    if (settings_.start == Start::warm) return backend_->run(widths);
    start();
    parzen::Counts counts = backend_->run(widths);
    backend_->stop();
    return counts;
  }

  void stop() { backend_->stop(); }

 private:
  void start() { backend_->start({question_.problem, *settings_.kernel, settings_.decomposition}, settings_.workers); }

  const CaseSettings& settings_;
  const Question& question_;
  std::unique_ptr<backends::Backend> backend_;
};

void run(const CaseSettings& settings, benchmark::State& state) {
  const Question& question = settings.question();
  Asker asker(settings, question);
  const std::span widths(question.widths);
  // One width, not timed: it wakes the workers and touches every sample, at a small part of the cost of all widths.
  parzen::Counts counts = asker.ask(widths.first(1));
  std::optional<std::string> wrong = mismatch(widths.first(1), std::span(question.expected).first(1), counts);
  if (wrong) {
    state.SkipWithError(wrong->c_str());
    return;
  }
  const Usage before = usage_now();
  for ([[maybe_unused]] auto iteration : state) {
    counts = asker.ask(widths);
    benchmark::DoNotOptimize(counts.data());
  }
  const Usage after = usage_now();
  asker.stop();
  wrong = mismatch(widths, question.expected, counts);
  if (wrong) {
    state.SkipWithError(wrong->c_str());
    return;
  }
  using benchmark::Counter;
  state.counters["children_cpu_time"] =
      Counter(after.children_cpu_seconds - before.children_cpu_seconds, Counter::kAvgIterations);
  state.counters["involuntary_switches"] =
      Counter(static_cast<double>(after.involuntary_switches - before.involuntary_switches), Counter::kAvgIterations);
  state.counters["counts_digest"] = static_cast<double>(digest(counts));
}

}  // namespace

Case make_case(const CaseSettings& settings) {
  return {case_name(settings), [settings](benchmark::State& state) {
            try {
              run(settings, state);
            } catch (const std::exception& error) {
              state.SkipWithError(error.what());
            }
          }};
}

std::function<const Question&()> made_once(std::function<Question()> make) {
  return [make = std::move(make), made = std::make_shared<std::optional<Question>>()]() -> const Question& {
    if (!*made) *made = make();
    return **made;
  };
}

void register_cases(std::vector<Case> cases, std::uint64_t order_seed) {
  std::mt19937_64 random(order_seed);
  std::ranges::shuffle(cases, random);
  for (const Case& c : cases) {
    benchmark::RegisterBenchmark(c.name.c_str(), c.run)
        ->MeasureProcessCPUTime()
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
  }
}

}  // namespace bench
