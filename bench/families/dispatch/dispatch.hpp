// Family dispatch: what a mechanism costs with no work in it. Each part is a file of this folder:
//
//   pools       apply, map and the lifetime of processes::ProcessPool, over both transports
//   ping_pong   the least that apply can cost: two processes that wake each other
//   payload     the pools with arguments of 8 bytes to 256 MiB, and the least that this can cost: one copy
//   fork        children that do nothing, forked by a program that has little or much in memory
//   schedulers  the same tasks under the backends that are there to compare with
//   tbb         the same tasks in threads; only in a build that has oneTBB
//
// A case is named dispatch/<who>/operation:<operation>/<key>:<value>/...; results/README.md says what that means.
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
  std::string operation;     ///< with its parameters, as in `map/tasks:100`
  int workers = 0;           ///< 0 where there are none
  std::string wait = {};     ///< `spin` or `block`; empty where there is no wait, or no choice
  int processors = 0;        ///< 1: all its processes share one; 0: they run where the system has them
  std::uint64_t memory = 0;  ///< bytes that must be available for it
  std::int64_t samples = 0;  ///< that lie in memory meanwhile: as with n, short runs leave many out
  std::string group = {};    ///< if it is not that of all who do the operation
  bool after_pause = false;  ///< each call follows a pause
  bool peer = false;         ///< of a scheduler that is there to compare with: short runs leave it out
  Kind kind = Kind::cost;
};

/// A case that may be more than this machine can do.
struct Candidate {
  Settings settings;
  std::function<void(benchmark::State&)> run;
};

/// Keeps this process, and what it forks meanwhile, on the first processor that it may use. Where a process that is
/// woken has to run is the system's choice, and a wake-up from another processor costs several times as much.
class OnOneProcessor {
 public:
  OnOneProcessor();
  OnOneProcessor(const OnOneProcessor&) = delete;
  OnOneProcessor& operator=(const OnOneProcessor&) = delete;
  ~OnOneProcessor();

 private:
  cpu_set_t before_{};
};

/// A case that times an object's once(). `make` makes it before; its wrong() says what is wrong with what the last call
/// gave, and is asked before and after; bytes(), if it has that, is what a call moves.
template <class Make>
Candidate candidate(Settings settings, Make make) {
  const bool on_one = settings.processors == 1;
  const bool after_pause = settings.after_pause;
  return {std::move(settings), [make = std::move(make), on_one, after_pause](benchmark::State& state) {
            std::optional<OnOneProcessor> here;
            if (on_one) here.emplace();
            auto operation = make();
            operation.once();  // not timed: the first call finds cold caches and untouched pages
            std::optional<std::string> wrong = operation.wrong();
            if (!wrong) {
              const auto once = [&operation] { operation.once(); };
              if (after_pause) {
                time_calls_after_pause(state, once);
              } else {
                time_calls(state, once);
              }
              wrong = operation.wrong();
            }
            if constexpr (requires { operation.bytes(); }) {
              state.SetBytesProcessed(state.iterations() * operation.bytes());
            }
            if (wrong) state.SkipWithError(wrong->c_str());
          }};
}

/// "found 3, expected 4", or nothing if they are equal.
std::optional<std::string> difference(std::uint64_t found, std::uint64_t expected);

/// As the names say: `pool_shared` or `pool_pipe`, `spin` or `block`.
processes::PoolOptions pool_options(const Settings& settings);

/// Adds candidates before main: one object of this type in the file of a part. A part that is not built adds none.
class Part {
 public:
  explicit Part(std::vector<Candidate> (*candidates)());
};

/// The candidates of all parts for which the limits are enough.
Selection select(const Limits& limits);

}  // namespace bench::dispatch
