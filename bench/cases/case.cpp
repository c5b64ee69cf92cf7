#include "cases/case.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <utility>

#include "cases/digest.hpp"
#include "machine/usage/background_load.hpp"
#include "machine/usage/memory_use.hpp"
#include "text/shown.hpp"

namespace bench {

namespace {

std::string case_name(const CaseSettings& s) {
  return fmt::format("{}/{}/{}{}/workers:{}/start:{}{}", s.family, s.backend->name, s.work,
                     s.busy_programs > 0 ? fmt::format("/load:{}", s.busy_programs) : "", s.workers,
                     s.start == Start::cold ? "cold" : "warm", pause_parameter(s.pause));
}

/// The same on all ranks of mpirun: a case that ends on one of them must end on all.
std::string difference(const LoopCall& call, std::span<const std::byte> expected, std::span<const std::byte> found) {
  const std::string own =
      call.difference ? call.difference(expected, found) : loops::difference(call.loop, expected, found);
  return together() != nullptr ? together()->first(own) : own;
}

/// Runs one untimed warm-up call. Returns what is wrong with its answer, or an empty string. A warm start needs the
/// whole loop, so that every worker has started and has touched the data. A cold start needs the data in the cache and
/// the libraries loaded: the first block and one pass over the data are enough.
std::string warm_up(LoopRunner& runner, const CaseSettings& settings, const LoopCall& call,
                    std::vector<std::byte>& answer) {
  if (settings.start == Start::warm) {
    runner.run(call.parameters, answer);
    return difference(call, call.expected, answer);
  }
  std::ranges::for_each(call.loop.data.bytes(), [](std::byte byte) { benchmark::DoNotOptimize(byte); });
  const loops::Loop first = loops::first_block(call.loop);
  std::vector<std::byte> found(loops::answer_bytes(first));
  LoopRunner(*settings.backend, first, settings.workers, Start::cold).run(call.parameters, found);
  if (call.loop.merge != nullptr) return {};
  return difference(call, std::span(call.expected).first(found.size()), found);
}

/// Sets the counters `pss_between_calls`, bytes between two calls, and `pss_peak`, the maximum during extra, untimed
/// calls: sums over all ranks of mpirun, of which each makes as many calls. A reading takes longer than many a call, so
/// none happens during timed calls.
void set_memory_counters(benchmark::State& state, const std::function<void()>& once) {
  const std::optional<std::uint64_t> before = proportional_set_size();
  if (!all_agree(before.has_value())) return;
  const std::uint64_t peak = largest_proportional_set_size(*before, [&once](bool enough) {
    if (all_agree(enough)) return false;
    once();
    return true;
  });
  std::array sums{static_cast<double>(*before), static_cast<double>(peak)};
  if (together() != nullptr) together()->sum(sums);
  state.counters["pss_between_calls"] = sums[0];
  state.counters["pss_peak"] = sums[1];
}

void run(const CaseSettings& settings, benchmark::State& state) {
  const LoopCall call = settings.call();
  std::vector<BackgroundLoad> load(static_cast<std::size_t>(settings.busy_programs));
  std::vector<pid_t> busy;
  for (const BackgroundLoad& each : load) busy.push_back(each.pid());
  LoopRunner runner(*settings.backend, call.loop, settings.workers, settings.start);
  std::vector<std::byte> answer(loops::answer_bytes(call.loop), backends::overwritten);
  std::string wrong = warm_up(runner, settings, call, answer);
  if (!wrong.empty()) {
    state.SkipWithError(wrong.c_str());
    return;
  }
  // An old answer must not be mistaken for the answer of the last timed call.
  std::ranges::fill(answer, backends::overwritten);
  runner.overwrite_results();
  const auto once = [&] {
    runner.run(call.parameters, answer);
    benchmark::DoNotOptimize(answer.data());
  };
  if (settings.pause.count() > 0) {
    time_calls_after_pause(state, once, settings.pause);
  } else {
    time_calls(state, once, busy);
  }
  if (settings.memory) set_memory_counters(state, once);
  runner.stop();
  for (BackgroundLoad& each : load) each.require_running();
  wrong = difference(call, call.expected, answer);
  if (!wrong.empty()) {
    state.SkipWithError(wrong.c_str());
    return;
  }
  for (const auto& [name, value] : call.counters) state.counters[name] = value;
  if (!call.digest.empty()) state.counters[call.digest] = static_cast<double>(digest(answer));
}

/// 0 if Google Benchmark chooses the number. Ranks of mpirun choose it together, as one batch: see time_together().
int fixed_iterations(const Case& one) {
  if (one.pause.count() > 0) return calls_after(one.pause);
  return together() != nullptr ? 1 : 0;
}

void run_in_group(const std::string& group, const std::function<void(benchmark::State&)>& run,
                  benchmark::State& state) {
  try {
    begin_group(group);
    run(state);
  } catch (const std::exception& error) {
    if (together() != nullptr) throw;  // the other ranks may wait for this one: end them all
    state.SkipWithError(text::escaped(error.what()).c_str());
  }
}

}  // namespace

std::string pause_parameter(std::chrono::microseconds pause) {
  if (pause.count() == 0) return {};
  constexpr int microseconds = 1000;  // in a millisecond
  return pause.count() % microseconds == 0 ? fmt::format("/pause:{}ms", pause.count() / microseconds)
                                           : fmt::format("/pause:{}us", pause.count());
}

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::loop:
      return "loop";
    case Kind::cost:
      return "cost";
    case Kind::limit:
      return "limit";
  }
  throw std::logic_error("unknown kind of case");
}

void begin_group(const std::string& group) {
  static std::string running;
  if (group == running) return;
  held_by_group().reset();  // before the next group's data is made, so that memory never holds both
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
  // Ticks of reaped descendants are coarser than their clocks, so the difference can be negative: see usage_now().
  const auto an_iteration = [](double used) { return Counter(std::max(used, 0.0), Counter::kAvgIterations); };
  state.counters["children_cpu_time"] = an_iteration(after->children_cpu_seconds - before->children_cpu_seconds);
  state.counters["involuntary_switches"] =
      an_iteration(static_cast<double>(after->involuntary_switches - before->involuntary_switches));
}

LoopRunner::LoopRunner(const backends::Description& description, loops::Loop loop, int workers, Start start)
    : loop_(std::move(loop)), workers_(workers), start_(start), backend_(description.make()) {
  description.check(workers_);
  if (start_ == Start::warm) backend_->start(loop_, workers_);
}

void LoopRunner::run(std::span<const std::byte> parameters, std::span<std::byte> answer) {
  if (start_ == Start::warm) {
    backend_->run(parameters, answer);
    return;
  }
  backend_->start(loop_, workers_);
  backend_->run(parameters, answer);
  backend_->stop();
}

Case make_case(const CaseSettings& settings) {
  // More memory makes every fork slower. So a case keeps only the settings that its run needs.
  CaseSettings kept = settings;
  for (std::string* const text : {&kept.family, &kept.group, &kept.work}) text->clear();
  Case made{settings.group, case_name(settings),
            [shared = std::make_shared<const CaseSettings>(kept)](benchmark::State& state) { run(*shared, state); },
            settings.n};
  made.pause = settings.pause;
  made.of_peer = settings.backend->peer;
  return made;
}

std::string full_name(const Case& one) {
  if (const int iterations = fixed_iterations(one); iterations > 0) {
    return fmt::format("{}/iterations:{}/process_time/manual_time", one.name, iterations);
  }
  return one.name + "/process_time/real_time";
}

void register_cases(std::vector<Case> cases, std::uint64_t order_seed) {
  std::mt19937_64 random(order_seed);
  std::ranges::shuffle(cases, random);
  std::vector<std::string> groups;  // in the order of the shuffled cases
  for (const Case& c : cases) {
    if (std::ranges::find(groups, c.group) == groups.end()) groups.push_back(c.group);
  }
  std::ranges::shuffle(groups, random);
  for (const std::string& name : groups) {
    const auto group = std::make_shared<const std::string>(name);
    for (const Case& c : cases) {
      if (c.group != *group) continue;
      const auto run_case = [group, run = c.run](benchmark::State& state) { run_in_group(*group, run, state); };
      auto* registered = benchmark::RegisterBenchmark(c.name.c_str(), run_case)
                             ->MeasureProcessCPUTime()
                             ->Unit(benchmark::kMicrosecond);
      if (const int iterations = fixed_iterations(c); iterations > 0) {
        registered->UseManualTime()->Iterations(iterations);
      } else {
        registered->UseRealTime();
      }
    }
  }
}

}  // namespace bench
