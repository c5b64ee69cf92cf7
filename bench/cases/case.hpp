// A case: what is timed under one name, for instance one backend, one kernel, one problem, one number of workers, cold
// or warm. It is timed here and nowhere else.
#pragma once

#include <benchmark/benchmark.h>

#include <any>
#include <chrono>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include "backends/backend.hpp"
#include "loops/loop.hpp"
#include "machine/usage/counters.hpp"

namespace bench {

enum class Start {
  cold,  ///< workers are created and ended inside the timed call, as in the article
  warm,  ///< workers stand ready; only run() is timed
};

/// What the time of a case tells.
enum class Kind {
  loop,   ///< how long a loop takes under a backend: answers and speedups are of these
  cost,   ///< what a mechanism costs with no work in it
  limit,  ///< the least that such a cost, or a loop, could take
};

std::string_view name(Kind kind);

/// What Google Benchmark runs under a name. Cases of one group share what they hold. An exception is the case's error.
struct Case {
  std::string group;
  std::string name;
  std::function<void(benchmark::State&)> run;
  std::int64_t n = 0;               ///< samples; 0 where there are none
  std::int64_t from_largest_n = n;  ///< a run of at most fewer samples leaves it out: n, or more if it takes long
  /// A run of as many samples or more leaves it out: it has a longer case in its place.
  std::int64_t below_largest_n = std::numeric_limits<std::int64_t>::max();
  bool after_pause = false;  ///< its calls are timed one by one, by time_calls_after_pause()
  Kind kind = Kind::loop;
  bool of_peer = false;  ///< of a scheduler that is there to compare with
};

/// The cases that this machine can run.
struct Selection {
  std::vector<Case> cases;
  std::vector<std::string> skipped;  ///< how many cases were, and why, a line each
};

/// The cases of the selection; logs the skipped ones to standard error.
std::vector<Case> log_skipped(Selection selection);

/// From now on a case of that group runs: what another one held is given back to the system, since memory that stays
/// makes every fork slower, which copies its page tables. An empty name ends the last group: to be called before the
/// program ends, since what is held may need variables of this thread, which go before static ones.
void begin_group(const std::string& group);

/// Empty when a group begins.
std::any& held_by_group();

/// What the cases of a group share, such as samples: made by the first of them that asks.
template <class Make>
auto& held(const Make& make) {
  using Shared = std::invoke_result_t<const Make&>;
  std::any& holder = held_by_group();
  if (!holder.has_value()) holder = std::make_shared<Shared>(make());
  return *std::any_cast<const std::shared_ptr<Shared>&>(holder);
}

/// What every case has besides its time, for an iteration. Where it is not known the counters are missing, never 0.
void set_counters(benchmark::State& state, const std::optional<Usage>& before, const std::optional<Usage>& after);

/// Calls `once` for every iteration: all that is timed. What the process `apart` uses is not the case's, see
/// usage_now().
template <class Once>
void time_calls(benchmark::State& state, const Once& once, pid_t apart = 0) {
  const std::optional<Usage> before = usage_now(apart);
  for ([[maybe_unused]] auto iteration : state) once();
  set_counters(state, before, usage_now(apart));
}

/// How long before each timed call of a case with a pause nothing is asked: workers that spin for a while have gone to
/// sleep by then, as those of a server have between two requests.
inline constexpr std::chrono::milliseconds pause_before_call{5};
/// So many calls, whatever the time for which other cases are repeated: most of it is the pause.
inline constexpr int calls_after_pause = 10;

/// The same with a pause before each call, which is not timed. The CPU time is that from one call to the next: what
/// workers burn until they sleep is a cost of the mechanism.
template <class Once>
void time_calls_after_pause(benchmark::State& state, const Once& once) {
  const std::optional<Usage> before = usage_now();
  for ([[maybe_unused]] auto iteration : state) {
    std::this_thread::sleep_for(pause_before_call);
    const auto begin = std::chrono::steady_clock::now();
    once();
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  set_counters(state, before, usage_now());
}

/// What a case runs under its backend: a loop, the parameters of each call, and what the answer must be.
struct LoopCall {
  loops::Loop loop;
  std::vector<std::byte> parameters;
  std::vector<std::byte> expected;
  /// What is wrong with an answer, or with the first results of it; empty if nothing is. By the loop's own comparison
  /// where there is no function.
  std::function<std::string(std::span<const std::byte> expected, std::span<const std::byte> found)> difference = {};
  /// The counter that tells answers apart; none where a merge is not exact.
  std::string digest = "answer_digest";
  /// What else the case says of its loop, by the names of counters.
  std::map<std::string, double> counters = {};
};

struct CaseSettings {
  std::string family;
  std::string group;               ///< cases of the same group share what they hold
  std::string work;                ///< what a call has to do, as parameters of the case's name
  std::function<LoopCall()> call;  ///< made when the case begins
  std::int64_t n = 0;              ///< samples; 0 where there are none
  std::int64_t d = 0;              ///< their dimensions
  const backends::Description* backend = nullptr;
  int workers = 1;
  Start start = Start::cold;
  bool under_load = false;   ///< another process keeps a processor busy meanwhile
  bool after_pause = false;  ///< each call follows a pause
  bool memory = false;       ///< the memory that it takes is a counter
  bool under_peers = false;  ///< whether the schedulers that are there to compare with run it too
};

/// Runs a loop under a backend that is ready, or that is made ready and ended in every call, as the start says.
class LoopRunner {
 public:
  /// Throws what Backend::start() and Description::check throw.
  LoopRunner(const backends::Description& description, loops::Loop loop, int workers, Start start);

  /// As Backend::run().
  void run(std::span<const std::byte> parameters, std::span<std::byte> answer);
  void overwrite_results() { backend_->overwrite_results(); }
  void stop() { backend_->stop(); }

 private:
  loops::Loop loop_;
  int workers_;
  Start start_;
  std::unique_ptr<backends::Backend> backend_;
};

/// Named family/backend/key:value/..., so that nothing is ever parsed out of a file name.
Case make_case(const CaseSettings& settings);

/// The name with what Google Benchmark appends to it: how the case is timed.
std::string full_name(const Case& one);

/// Registers the cases in an order drawn from the seed, since a case's neighbours must not be the same in every round:
/// the groups in random order, and in each its cases in random order.
void register_cases(std::vector<Case> cases, std::uint64_t order_seed);

}  // namespace bench
