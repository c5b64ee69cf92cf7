#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "backends/backend.hpp"
#include "backends/check_threads.hpp"

namespace backends {

namespace {

/// The standard's threads: created in every call, they take blocks from an atomic counter.
class StdThread : public Backend {
  void schedule(Call& call) override {
    std::atomic<std::size_t> next = 0;
    const auto work = [&call, &next] {
      for (std::size_t block = next++; block < call.size(); block = next++) call.execute(block);
    };
    const std::size_t threads = std::min(static_cast<std::size_t>(workers()), call.size());
    std::vector<std::jthread> others;
    others.reserve(threads);
    for (std::size_t thread = 1; thread < threads; ++thread) others.emplace_back(work);
    work();
  }
};

const Registration std_thread_registration({
    .name = "std_thread",
    .summary = "std::thread, created in every call; blocks from an atomic counter",
    .mechanism = Mechanism::threads,
    .peer = true,
    .make = [] { return std::make_unique<StdThread>(); },
    .check = [](int workers) { check_threads(workers); },
});

}  // namespace

}  // namespace backends
