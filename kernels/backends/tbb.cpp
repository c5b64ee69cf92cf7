#include <optional>

#include "backends/backend.hpp"
#include "backends/check_threads.hpp"
#include "backends/tbb_arena.hpp"

namespace backends {

namespace {

class Tbb : public Backend {
 public:
  ~Tbb() override { stop(); }

 private:
  void begin() override { arena_.emplace(workers()); }

  void schedule(Call& call) override {
    arena_->for_each(call.size(), [&call](std::size_t block) { call.execute(block); });
  }

  void end() override { arena_.reset(); }

  std::optional<TbbArena> arena_;
};

const Registration tbb_registration({
    .name = "tbb",
    .summary = "oneTBB threads, parallel_for over single tasks",
    .mechanism = Mechanism::threads,
    .warms_up = true,
    .make = [] { return std::make_unique<Tbb>(); },
    .check = [](int workers) { check_threads(workers); },
});

}  // namespace

}  // namespace backends
