// A case is what is timed under one name: for instance one backend, kernel, problem, number of workers and start. All
// timing happens here.
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
#include "cases/together.hpp"
#include "loops/loop.hpp"
#include "machine/usage/counters.hpp"

namespace bench {

enum class Start {
  cold,  ///< workers are created and ended inside the timed call, as in the article
  warm,  ///< workers exist already; only run() is timed
};

/// What the time of a case measures.
enum class Kind {
  loop,   ///< the time of a loop under a backend; answers and speedups use only these
  cost,   ///< the overhead of a mechanism, without work
  limit,  ///< a lower bound of such an overhead, or of a loop's time
};

std::string_view name(Kind kind);

/// One registered benchmark. Cases of one group share data. An exception becomes the error of the case.
struct Case {
  std::string group;
  std::string name;
  std::function<void(benchmark::State&)> run;
  std::int64_t n = 0;               ///< samples; 0 if there are none
  std::int64_t from_largest_n = n;  ///< skipped if largest_n is smaller: n, or more for a slow case
  /// Skipped if largest_n is this or more: a longer case replaces it.
  std::int64_t below_largest_n = std::numeric_limits<std::int64_t>::max();
  std::chrono::microseconds pause{0};  ///< before each call, which is timed separately: time_calls_after_pause()
  Kind kind = Kind::loop;
  bool of_peer = false;  ///< of a scheduler that is only measured for comparison
};

/// The cases that this machine can run.
struct Selection {
  std::vector<Case> cases;
  std::vector<std::string> skipped;  ///< one line per reason: how many cases are skipped, and why
};

/// Returns the cases of the selection, and logs the skipped ones to standard error.
std::vector<Case> log_skipped(Selection selection);

/// Starts the group of the next case, and frees the data of the last group. A fork copies page tables, so memory that
/// stays makes every fork slower. Call it with an empty name before the program ends: the data may use thread_local
/// variables, which are destroyed before static ones.
void begin_group(const std::string& group);

/// The data of the current group; empty when the group starts.
std::any& held_by_group();

/// Returns the data that the cases of a group share, such as samples. The first call of a group makes it.
template <class Make>
auto& held(const Make& make) {
  using Shared = std::invoke_result_t<const Make&>;
  std::any& holder = held_by_group();
  if (!holder.has_value()) holder = std::make_shared<Shared>(make());
  return *std::any_cast<const std::shared_ptr<Shared>&>(holder);
}

/// Sets the counters that every case has, per iteration. If the usage is unknown, the counters are missing, never 0.
void set_counters(benchmark::State& state, const std::optional<Usage>& before, const std::optional<Usage>& after);

/// Calls `once` for every iteration; only this is timed. The usage of processes `apart` is excluded: see usage_now().
template <class Once>
void time_calls(benchmark::State& state, const Once& once, std::span<const pid_t> apart = {}) {
  if (together() != nullptr) return time_together(state, once, {});
  const std::optional<Usage> before = usage_now(apart);
  for ([[maybe_unused]] auto iteration : state) once();
  set_counters(state, before, usage_now(apart));
}

/// A pause that is long enough for spinning workers to fall asleep, as those of a server do between two requests.
inline constexpr std::chrono::milliseconds long_pause{5};
/// A pause in which some libraries' workers still spin, as between two steps of a simulation.
inline constexpr std::chrono::microseconds short_pause{100};
/// The number of timed calls. It is fixed, since most of the time is the pause.
constexpr int calls_after(std::chrono::microseconds pause) { return pause < long_pause ? 50 : 10; }

/// "/pause:5ms", the parameter of a case's name; empty without a pause.
std::string pause_parameter(std::chrono::microseconds pause);

/// The same with an untimed pause before each call. CPU time includes the pause: what workers burn until they sleep is
/// part of the overhead.
template <class Once>
void time_calls_after_pause(benchmark::State& state, const Once& once, std::chrono::microseconds pause) {
  if (together() != nullptr) return time_together(state, once, pause);
  const std::optional<Usage> before = usage_now();
  for ([[maybe_unused]] auto iteration : state) {
    std::this_thread::sleep_for(pause);
    const auto begin = std::chrono::steady_clock::now();
    once();
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  set_counters(state, before, usage_now());
}

/// The loop that a case runs, the parameters of each call, and the expected answer.
struct LoopCall {
  loops::Loop loop;
  std::vector<std::byte> parameters;
  std::vector<std::byte> expected;
  /// Says how an answer, or its first results, differs from the expected one; empty if it does not. If not set, the
  /// loop's own comparison is used.
  std::function<std::string(std::span<const std::byte> expected, std::span<const std::byte> found)> difference = {};
  /// Name of the counter with the digest of the answer; empty if a merge is not exact.
  std::string digest = "answer_digest";
  /// Further counters of the loop, by name.
  std::map<std::string, double> counters = {};
};

struct CaseSettings {
  std::string family;
  std::string group;               ///< cases of one group share data
  std::string work;                ///< the work of one call, as parameters of the case's name
  std::function<LoopCall()> call;  ///< called when the case starts
  std::int64_t n = 0;              ///< samples; 0 if there are none
  std::int64_t d = 0;              ///< their dimensions
  const backends::Description* backend = nullptr;
  int workers = 1;
  Start start = Start::cold;
  int busy_programs = 0;               ///< other processes that each keep a CPU busy during the case
  std::chrono::microseconds pause{0};  ///< before each call
  bool memory = false;                 ///< memory use is a counter
  bool under_peers = false;            ///< whether the schedulers that are only measured for comparison run it too
};

/// Runs a loop under a backend. A warm backend is started once; a cold one is started and stopped in every call.
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

/// Names the case family/backend/key:value/..., so that no program has to parse a file name.
Case make_case(const CaseSettings& settings);

/// The name with the suffix of Google Benchmark, which says how the case is timed.
std::string full_name(const Case& one);

/// Registers the cases in random order, so that a case does not have the same neighbours in every round. The groups are
/// shuffled, and so are the cases of each group.
void register_cases(std::vector<Case> cases, std::uint64_t order_seed);

}  // namespace bench
