#include <pthreadpool.h>

#include <memory>
#include <stdexcept>

#include "backends/backend.hpp"
#include "backends/check_threads.hpp"

namespace backends {

namespace {

/// A pool tuned for short loops: no queue, threads that spin for a while before they sleep. The calling thread is one.
class PthreadPool : public Backend {
 public:
  ~PthreadPool() override { stop(); }

 private:
  struct Destroy {
    void operator()(pthreadpool_t pool) const { pthreadpool_destroy(pool); }
  };

  void begin() override {
    pool_.reset(pthreadpool_create(static_cast<std::size_t>(workers())));
    if (!pool_) throw std::runtime_error("pthreadpool_create failed: raise ulimit -u and ulimit -v");
  }

  void schedule(Call& call) override {
    pthreadpool_parallelize_1d(
        pool_.get(), [](void* work, std::size_t block) { static_cast<Call*>(work)->execute(block); }, &call,
        call.size(), 0);
  }

  void end() override { pool_.reset(); }

  std::unique_ptr<pthreadpool, Destroy> pool_;
};

const Registration pthreadpool_registration({
    .name = "pthreadpool",
    .summary = "libpthreadpool: a tuned pool, whose threads spin before they sleep",
    .mechanism = Mechanism::threads,
    .warms_up = true,
    .peer = true,
    .make = [] { return std::make_unique<PthreadPool>(); },
    .check = [](int workers) { check_threads(workers); },
});

}  // namespace

}  // namespace backends
