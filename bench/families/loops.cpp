// Family loops: the example loops under every backend and peer.
//
//   loops/<backend>/loop:<name>/size:<n>/workers:/start:[/pause:5ms]
//   loops/<backend>/loop:new_input/input:<bytes>/size:<tasks>/workers:/start:[/pause:5ms]
//
// Each runs with as many workers as there are processors: when do processes beat threads, and when is neither better
// than serial? Long runs measure all sizes of a loop, shorter runs the middle one, and the shortest runs only its warm
// cases without peers. Long runs also call all sizes but the largest with pauses: a call takes less time than the
// pause, or not much more. The loop new_input gets new input with every call. Threads read it in place; a pool must
// send it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "families/any_size.hpp"
#include "families/every_backend.hpp"
#include "families/families.hpp"
#include "families/loop_cases.hpp"
#include "loops/registry.hpp"
#include "machine/workers.hpp"

namespace bench {

namespace example_loops {

namespace {

/// The shortest runs are of fewer samples.
constexpr std::int64_t from_largest_n = 100'000;

/// Sums the part of the input that is the task's, and hashes the sum for about 10 microseconds.
void sum_and_hash(const loops::Input& input, loops::Range tasks, std::byte* results) {
  constexpr int steps = 10'000;
  std::int64_t size = 0;  // of a task's part, in words
  std::memcpy(&size, input.parameters, sizeof size);
  for (std::int64_t task = tasks.begin; task < tasks.end; ++task, results += sizeof(std::uint64_t)) {
    const auto* const words = reinterpret_cast<const std::uint64_t*>(input.parameters) + 1 + task * size;
    auto value = static_cast<std::uint64_t>(task);
    for (std::int64_t word = 0; word < size; ++word) value += words[word];
    for (int step = 0; step < steps; ++step) value = (value ^ (value >> 29U)) * 0x9e3779b97f4a7c15U;
    std::memcpy(results, &value, sizeof value);
  }
}

loops::Work new_input(std::int64_t bytes, std::int64_t tasks) {
  const std::int64_t words_a_task = bytes / tasks / static_cast<std::int64_t>(sizeof(std::uint64_t));
  std::vector<std::int64_t> input(static_cast<std::size_t>(1 + words_a_task * tasks), 7);
  input.front() = words_a_task;
  const auto parameters = std::as_bytes(std::span(input));
  loops::Loop loop{
      .tasks = tasks, .parameter_bytes = parameters.size(), .result_bytes = sizeof(std::uint64_t), .run = sum_and_hash};
  return {std::move(loop), {parameters.begin(), parameters.end()}};
}

/// Every case of one size of a loop. Runs whose largest n is below `from` have none, the shortest runs only warm ones.
void add(std::vector<Case>& cases, CaseSettings settings, const Limits& limits, std::int64_t from, bool also_paused) {
  const int workers = several(limits.processors);
  settings.under_peers = false;
  if (also_paused) {
    for (Case& each : after_a_pause(settings, workers)) {
      each.from_largest_n = largest_n_of_long_runs;
      cases.push_back(std::move(each));
    }
  }
  std::set<std::string> shortest;
  if (from == 0) {
    for (Case& each : warm_where_it_can_be(settings, std::array{workers})) {
      shortest.insert(each.name);
      cases.push_back(std::move(each));
    }
  }
  settings.under_peers = true;
  for (Case& each : under_every_backend(settings, std::array{workers}, true)) {
    if (shortest.contains(each.name)) continue;
    each.from_largest_n = std::max(from, each.of_peer ? from_largest_n_of_peers(limits.processors) : from_largest_n);
    cases.push_back(std::move(each));
  }
}

}  // namespace

}  // namespace example_loops

namespace {

Selection select_loops(const Limits& limits) {
  std::vector<Case> cases;
  for (const loops::Description& loop : loops::registry()) {
    for (const std::int64_t size : loop.sizes) {
      const bool in_short_runs = size == loop.sizes.at(loop.sizes.size() / 2);
      example_loops::add(cases,
                         loop_settings(fmt::format("loop:{}/size:{}", loop.name, size),
                                       [make = loop.make, size] { return make(size); }),
                         limits, in_short_runs ? 0 : largest_n_of_long_runs, size < loop.sizes.back());
    }
  }
  const std::int64_t tasks = tasks_a_worker * several(limits.processors);
  for (const auto& [name, bytes] : {std::pair("0", 0), {"64KiB", 64 << 10}, {"16MiB", 16 << 20}}) {
    example_loops::add(cases,
                       loop_settings(fmt::format("loop:new_input/input:{}/size:{}", name, tasks),
                                     [input = bytes, tasks] { return example_loops::new_input(input, tasks); }),
                       limits, bytes > 0 ? example_loops::from_largest_n : 0, true);
  }
  return {std::move(cases), {}};
}

const Family loops_family("loops", select_loops);

}  // namespace

}  // namespace bench
