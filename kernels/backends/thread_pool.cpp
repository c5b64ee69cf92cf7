#include <thread_pool/thread_pool.hpp>

#include <future>
#include <optional>
#include <vector>

#include "backends/backend.hpp"
#include "backends/check_threads.hpp"

namespace backends {

namespace {

/// A typical thread pool: queues of std::function under locks, a future per task.
class ThreadPool : public Backend {
 public:
  ~ThreadPool() override { stop(); }

 private:
  void begin() override { pool_.emplace(static_cast<std::size_t>(workers())); }

  void schedule(Call& call) override {
    std::vector<std::future<void>> running;
    running.reserve(call.size());
    for (std::size_t block = 0; block < call.size(); ++block) {
      running.push_back(pool_->Submit([&call, block] { call.execute(block); }));
    }
    for (auto& each : running) each.wait();
  }

  void end() override { pool_.reset(); }

  std::optional<thread_pool::ThreadPool> pool_;
};

const Registration thread_pool_registration({
    .name = "thread_pool",
    .summary = "libthread-pool: queues of std::function under locks, a future per task",
    .mechanism = Mechanism::threads,
    .warms_up = true,
    .peer = true,
    .make = [] { return std::make_unique<ThreadPool>(); },
    .check = [](int workers) { check_threads(workers, 0, Caller::waits); },
});

}  // namespace

}  // namespace backends
