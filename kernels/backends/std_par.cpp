#include <algorithm>
#include <execution>
#include <numeric>
#include <optional>
#include <vector>

#include "backends/backend.hpp"
#include "backends/check_threads.hpp"
#include "backends/tbb_arena.hpp"

namespace backends {

namespace {

/// The standard library's parallel algorithm. libstdc++ runs it on oneTBB, in the calling thread's arena.
class StdPar : public Backend {
 public:
  ~StdPar() override { stop(); }

 private:
  void begin() override {
    arena_.emplace(workers());
    blocks_.resize(call().size());
    std::iota(blocks_.begin(), blocks_.end(), 0);
  }

  void schedule(Call& call) override {
    arena_->execute([&] {
      std::for_each(std::execution::par, blocks_.begin(), blocks_.end(),
                    [&call](std::size_t block) { call.execute(block); });
    });
  }

  void end() override { arena_.reset(); }

  std::vector<std::size_t> blocks_;
  std::optional<TbbArena> arena_;
};

const Registration std_par_registration({
    .name = "std_par",
    .summary = "std::for_each(std::execution::par), which is oneTBB underneath",
    .mechanism = Mechanism::threads,
    .warms_up = true,
    .peer = true,
    .make = [] { return std::make_unique<StdPar>(); },
    .check = [](int workers) { check_threads(workers); },
});

}  // namespace

}  // namespace backends
