#include "cases/case.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>

#include "cases/digest.hpp"
#include "cases/verify.hpp"
#include "machine/usage/background_load.hpp"
#include "machine/usage/memory_use.hpp"
#include "text/shown.hpp"

namespace bench {

namespace {

std::string group_name(const CaseSettings& s) {
  if (!s.counts_windows) return fmt::format("{}/operation:{}", s.family, s.kernel->name);
  return fmt::format("{}/n:{}/d:{}/m:{}", s.family, s.n, s.d, s.m);
}

/// What a call has to do.
std::string work_name(const CaseSettings& s) {
  if (!s.counts_windows) return fmt::format("operation:{}/tasks:{}", s.kernel->name, s.m);
  const std::string iterations = s.iterations > 0 ? fmt::format("/iterations:{}", s.iterations) : "";
  return fmt::format("kernel:{}/decomposition:{}{}/n:{}/d:{}/m:{}{}", s.kernel->name, backends::name(s.decomposition),
                     iterations, s.n, s.d, s.m, s.under_load ? "/load:1" : "");
}

std::string case_name(const CaseSettings& s) {
  return fmt::format("{}/{}/{}/workers:{}/start:{}{}", s.family, s.backend->name, work_name(s), s.workers,
                     s.start == Start::cold ? "cold" : "warm",
                     s.after_pause ? fmt::format("/pause:{}ms", pause_before_call.count()) : "");
}

/// What is wrong with the counts of the first so many widths; nothing if they are right.
std::optional<std::string> what_is_wrong(const CaseSettings& settings, const Question& question, std::size_t asked,
                                         std::span<const parzen::Count> counts) {
  const auto expected = std::span(question.expected).first(asked);
  if (!settings.counts_windows) return failed_tasks(expected, counts);
  return mismatch(std::span(question.widths).first(asked), expected, counts);
}

void run(const CaseSettings& settings, benchmark::State& state) {
  const Question& question = held(settings.question);
  std::optional<BackgroundLoad> load;
  if (settings.under_load) load.emplace();
  Asker asker(*settings.backend, {question.problem, *settings.kernel, settings.decomposition}, settings.workers,
              settings.start);
  const std::span widths(question.widths);
  // Asked before anything is timed. Warm, every worker must have begun and touched the samples, which takes all widths;
  // cold, one width is enough to bring the samples into the cache.
  const auto asked = settings.start == Start::warm ? widths : widths.first(1);
  parzen::Counts counts = asker.ask(asked);
  std::optional<std::string> wrong = what_is_wrong(settings, question, asked.size(), counts);
  if (wrong) {
    state.SkipWithError(wrong->c_str());
    return;
  }
  const auto once = [&] {
    counts = asker.ask(widths);
    benchmark::DoNotOptimize(counts.data());
  };
  if (settings.after_pause) {
    time_calls_after_pause(state, once);
  } else {
    time_calls(state, once, load ? load->pid() : 0);
  }
  if (settings.memory) set_memory_counters(state, once);
  asker.stop();
  if (load) load->require_running();
  wrong = what_is_wrong(settings, question, widths.size(), counts);
  if (wrong) {
    state.SkipWithError(wrong->c_str());
    return;
  }
  if (settings.counts_windows) state.counters["counts_digest"] = static_cast<double>(digest(counts));
}

void run_in_group(const Case& c, benchmark::State& state) {
  try {
    begin_group(c.group);
    c.run(state);
  } catch (const std::exception& error) {
    state.SkipWithError(text::escaped(error.what()).c_str());
  }
}

}  // namespace

void begin_group(const std::string& group) {
  static std::string running;
  if (group == running) return;
  held_by_group().reset();  // before anything is made, so that two groups' are never in memory
  malloc_trim(0);
  running = group;
}

std::vector<Case> log_skipped(Selection selection) {
  for (const std::string& line : selection.skipped) fmt::print(stderr, "{}\n", line);
  return std::move(selection.cases);
}

std::any& held_by_group() {
  static std::any holder;
  return holder;
}

void set_counters(benchmark::State& state, const std::optional<Usage>& before, const std::optional<Usage>& after) {
  if (!before || !after) return;
  using benchmark::Counter;
  // What a descendant has reaped between the two is known less exactly after than before: see usage_now().
  const auto an_iteration = [](double used) { return Counter(std::max(used, 0.0), Counter::kAvgIterations); };
  state.counters["children_cpu_time"] = an_iteration(after->children_cpu_seconds - before->children_cpu_seconds);
  state.counters["involuntary_switches"] =
      an_iteration(static_cast<double>(after->involuntary_switches - before->involuntary_switches));
}

Asker::Asker(const backends::Description& description, const backends::Plan& plan, int workers, Start start)
    : plan_(plan), workers_(workers), start_(start), backend_(description.make()) {
  description.check(workers_);
  if (start_ == Start::warm) begin();
}

parzen::Counts Asker::ask(std::span<const double> widths) {
  if (start_ == Start::warm) return backend_->run(widths);
  begin();
  parzen::Counts counts = backend_->run(widths);
  backend_->stop();
  return counts;
}

Case make_case(const CaseSettings& settings) {
  Case made{group_name(settings), case_name(settings), [settings](benchmark::State& state) { run(settings, state); },
            settings.n};
  made.after_pause = settings.after_pause;
  return made;
}

void register_cases(std::vector<Case> cases, std::uint64_t order_seed) {
  std::mt19937_64 random(order_seed);
  std::ranges::shuffle(cases, random);
  std::vector<std::string> groups;  // in the order in which the shuffled cases name them
  for (const Case& c : cases) {
    if (std::ranges::find(groups, c.group) == groups.end()) groups.push_back(c.group);
  }
  std::ranges::shuffle(groups, random);
  for (const std::string& group : groups) {
    for (const Case& c : cases) {
      if (c.group != group) continue;
      auto* registered =
          benchmark::RegisterBenchmark(c.name.c_str(), [c](benchmark::State& state) { run_in_group(c, state); })
              ->MeasureProcessCPUTime()
              ->Unit(benchmark::kMicrosecond);
      if (c.after_pause) {
        registered->UseManualTime()->Iterations(calls_after_pause);
      } else {
        registered->UseRealTime();
      }
    }
  }
}

}  // namespace bench
