#include <oneapi/tbb/parallel_for.h>

#include <optional>

#include "backends/backend.hpp"
#include "backends/tbb_arena.hpp"

namespace backends {

namespace {

class Tbb : public Backend {
 public:
  ~Tbb() override { stop(); }

 private:
  void begin() override { arena_.emplace(workers()); }

  void schedule(Work& work) override {
    (*arena_)->execute([&work] {
      oneapi::tbb::parallel_for(
          std::size_t{0}, work.size(), [&work](std::size_t task) { work.execute(task); },
          oneapi::tbb::simple_partitioner{});
    });
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
});

}  // namespace

}  // namespace backends
