#include "families/dispatch/dispatch.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>

#include "families/any_size.hpp"
#include "families/families.hpp"
#include "processes/pool.hpp"

namespace bench::dispatch {

namespace {

std::vector<std::vector<Candidate> (*)()>& parts() {
  static std::vector<std::vector<Candidate> (*)()> all;  // a local static: other files' parts may register first
  return all;
}

std::string case_name(const Settings& s) {
  std::string name = fmt::format("dispatch/{}/operation:{}", s.who, s.operation);
  if (s.workers > 0) name += fmt::format("/workers:{}", s.workers);
  if (!s.wait.empty()) name += fmt::format("/wait:{}", s.wait);
  if (s.processors > 0) name += fmt::format("/processors:{}", s.processors);
  return name + pause_parameter(s.pause);
}

/// Moves this process to its first usable CPU. Returns the set that it could use before.
cpu_set_t stay_on_first_processor() {
  cpu_set_t before;
  if (::sched_getaffinity(0, sizeof before, &before) < 0) processes::throw_system_error("sched_getaffinity");
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  if (::sched_setaffinity(0, sizeof one, &one) < 0) processes::throw_system_error("sched_setaffinity");
  return before;
}

/// Says which limit is too low; empty if none is.
std::string lack(const Settings& settings, const Limits& limits) {
  // With one CPU, a process would spin until the scheduler preempts it.
  constexpr int spinning_processors = 2;
  if (settings.wait == "spin" && limits.processors < spinning_processors) {
    return fmt::format("spinning needs {} CPUs, and this program may use {}", spinning_processors, limits.processors);
  }
  constexpr double gigabyte = 1e9;
  if (limits.memory < settings.memory) {
    return fmt::format("they need {:.1f} GB of memory, and {:.1f} GB are available",
                       static_cast<double>(settings.memory) / gigabyte, static_cast<double>(limits.memory) / gigabyte);
  }
  return {};
}

}  // namespace

std::optional<std::string> difference(std::uint64_t found, std::uint64_t expected) {
  if (found == expected) return std::nullopt;
  return fmt::format("found {}, expected {}", found, expected);
}

std::optional<std::string> on_all_ranks(std::optional<std::string> wrong) {
  if (together() == nullptr) return wrong;
  const std::string text = together()->first(wrong.value_or(""));
  return text.empty() ? std::nullopt : std::optional(text);
}

processes::PoolOptions pool_options(const Settings& settings) {
  processes::PoolOptions options;
  if (settings.who == "pool_pipe") options.transport = processes::Transport::pipe;
  if (settings.wait == "block") options.spin = std::chrono::nanoseconds(0);
  // The fork server already runs, and its workers may use any CPU: so each worker moves itself.
  if (settings.processors == 1) options.initialiser = processes::call(+[] { stay_on_first_processor(); });
  return options;
}

OnOneProcessor::OnOneProcessor() : before_(stay_on_first_processor()) {}

OnOneProcessor::~OnOneProcessor() { ::sched_setaffinity(0, sizeof before_, &before_); }

Part::Part(std::vector<Candidate> (*candidates)()) { parts().push_back(candidates); }

Selection select(const Limits& limits) {
  Selection selection;
  std::map<std::string, int> reasons;
  for (const auto& candidates : parts()) {
    for (Candidate& each : candidates()) {
      if (const std::string reason = lack(each.settings, limits); !reason.empty()) {
        ++reasons[reason];
        continue;
      }
      const std::string& group = each.settings.group.empty() ? each.settings.operation : each.settings.group;
      Case made{"dispatch/" + group, case_name(each.settings), std::move(each.run)};
      made.of_peer = each.settings.peer;
      made.from_largest_n = made.of_peer ? from_largest_n_of_peers(limits.processors) : each.settings.samples;
      made.pause = each.settings.pause;
      made.kind = each.settings.kind;
      selection.cases.push_back(std::move(made));
    }
  }
  // The linker sets the order of the parts, and a shuffle by seed must not depend on it.
  std::ranges::sort(selection.cases, {}, &Case::name);
  for (const auto& [reason, count] : reasons) {
    selection.skipped.push_back(fmt::format("{} cases of family dispatch are skipped: {}", count, reason));
  }
  return selection;
}

namespace {

const Family dispatch_family("dispatch", select);

}  // namespace

}  // namespace bench::dispatch
