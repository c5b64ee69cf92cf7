// Family dispatch: the overhead of a mechanism, measured with empty tasks. Each part is a file of this folder:
//
//   pools       apply, map and the lifetime of processes::ProcessPool, over both transports
//   ping_pong   a lower bound for apply: two processes that wake each other
//   payload     the pools with arguments of 8 bytes to 256 MiB, and a lower bound for these: one copy
//   fork        children that do nothing, forked by a program with little or much memory
//   schedulers  the same tasks under the backends that are only measured for comparison, and in ranks of MPI
//   tbb         the same tasks in threads; only in a build with oneTBB
//
// A case is named dispatch/<who>/operation:<operation>/<key>:<value>/...; results/README.md explains the parts.
#pragma once

#include <sched.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cases/case.hpp"
#include "machine/limits.hpp"
#include "processes/pool/options.hpp"

namespace bench::dispatch {

struct Settings {
  std::string who;
  std::string operation;               ///< with its parameters, as in `map/tasks:100`
  int workers = 0;                     ///< 0 if there are none
  std::string wait = {};               ///< `spin` or `block`; empty if there is no wait, or no choice
  int processors = 0;                  ///< 1: all its processes share one CPU; 0: any CPU
  std::uint64_t memory = 0;            ///< bytes that must be available for it
  std::int64_t samples = 0;            ///< samples in memory; as with n, short runs skip large ones
  std::string group = {};              ///< if empty, all cases of the operation share a group
  std::chrono::microseconds pause{0};  ///< before each call
  bool peer = false;                   ///< of a scheduler that is only measured for comparison: short runs skip it
  Kind kind = Kind::cost;
};

/// A case that may exceed the limits of this machine.
struct Candidate {
  Settings settings;
  std::function<void(benchmark::State&)> run;
};

/// Pins this process, and what it forks meanwhile, to its first usable CPU. The system chooses where a woken process
/// runs, and a wake-up from another CPU costs several times as much.
class OnOneProcessor {
 public:
  OnOneProcessor();
  OnOneProcessor(const OnOneProcessor&) = delete;
  OnOneProcessor& operator=(const OnOneProcessor&) = delete;
  ~OnOneProcessor();

 private:
  cpu_set_t before_{};
};

/// The same on all ranks of mpirun: a case that ends on one of them must end on all.
std::optional<std::string> on_all_ranks(std::optional<std::string> wrong);

/// Makes a case that times an object's once(). `make` makes the object before. wrong() says what is wrong with the last
/// result, and is called before and after timing. bytes(), if it exists, is the number of bytes a call moves.
template <class Make>
Candidate candidate(Settings settings, Make make) {
  const bool on_one = settings.processors == 1;
  const std::chrono::microseconds pause = settings.pause;
  return {std::move(settings), [make = std::move(make), on_one, pause](benchmark::State& state) {
            std::optional<OnOneProcessor> here;
            if (on_one) here.emplace();
            auto operation = make();
            operation.once();  // not timed: the first call finds cold caches and untouched pages
            std::optional<std::string> wrong = on_all_ranks(operation.wrong());
            if (!wrong) {
              const auto once = [&operation] { operation.once(); };
              if (pause.count() > 0) {
                time_calls_after_pause(state, once, pause);
              } else {
                time_calls(state, once);
              }
              wrong = on_all_ranks(operation.wrong());
            }
            if constexpr (requires { operation.bytes(); }) {
              state.SetBytesProcessed(state.iterations() * operation.bytes());
            }
            if (wrong) state.SkipWithError(wrong->c_str());
          }};
}

/// "found 3, expected 4", or nothing if they are equal.
std::optional<std::string> difference(std::uint64_t found, std::uint64_t expected);

/// Options for `pool_shared` or `pool_pipe`, `spin` or `block`.
processes::PoolOptions pool_options(const Settings& settings);

/// An object of this type adds a part's candidates before main. A part that is not built adds none.
class Part {
 public:
  explicit Part(std::vector<Candidate> (*candidates)());
};

/// The candidates of all parts that fit the limits.
Selection select(const Limits& limits);

}  // namespace bench::dispatch
