#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <new>
#include <optional>

#include "backends/backend.hpp"

namespace backends {

namespace {

class Tbb : public Backend {
 public:
  ~Tbb() override { stop(); }

 private:
  void begin() override {
    handle_ = oneapi::tbb::task_scheduler_handle{oneapi::tbb::attach{}};
    // Otherwise the library takes no more threads than there are processors.
    limit_.emplace(oneapi::tbb::global_control::max_allowed_parallelism, workers());
    arena_.emplace(workers());
    arena_->initialize();
  }

  void schedule(Work& work) override {
    arena_->execute([&work] {
      oneapi::tbb::parallel_for(
          std::size_t{0}, work.size(), [&work](std::size_t task) { work.execute(task); },
          oneapi::tbb::simple_partitioner{});
    });
  }

  void end() override {
    arena_.reset();
    limit_.reset();
    // Waits for the library's threads to end; they stay, and that is no error here, while somebody else uses them.
    oneapi::tbb::finalize(handle_, std::nothrow);
  }

  oneapi::tbb::task_scheduler_handle handle_;
  std::optional<oneapi::tbb::global_control> limit_;
  std::optional<oneapi::tbb::task_arena> arena_;
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
