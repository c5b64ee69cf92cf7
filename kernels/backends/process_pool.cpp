#include <optional>

#include "backends/backend.hpp"
#include "processes/pool.hpp"

namespace backends {

namespace {

/// What a worker is sent for one task. The plan is not: workers are forked after it was made, and hold it.
struct Order {
  parzen::Range samples;
  std::vector<double> widths;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(samples.begin, samples.end, widths);
  }
};

const Plan* plan_of_this_worker = nullptr;

parzen::Counts count(const Order& order) {
  parzen::Counts counts(order.widths.size());
  plan_of_this_worker->kernel.count(plan_of_this_worker->problem, order.samples, order.widths, counts);
  return counts;
}

class ProcessPool : public Backend {
 public:
  ~ProcessPool() override { stop(); }

 private:
  void begin() override {
    pool_.emplace(workers(), [this] { plan_of_this_worker = &plan(); });
  }

  void schedule(Work& work) override {
    std::vector<Order> orders;
    orders.reserve(work.size());
    for (std::size_t task = 0; task < work.size(); ++task) {
      const auto widths = work.widths_of(task);
      orders.push_back({work.task(task).samples, {widths.begin(), widths.end()}});
    }
    const std::vector<parzen::Counts> counts = pool_->map(count, orders);
    // The counts are right all the same, but a time with fewer workers would be told as one with all.
    if (const auto status = pool_->lost()) throw processes::WorkerLost(0, work.size() - 1, *status);
    for (std::size_t task = 0; task < work.size(); ++task) {
      std::ranges::copy(counts[task], work.counts_of(task).begin());
    }
  }

  void end() override {
    pool_->close();
    pool_->join();
    pool_.reset();
  }

  std::optional<processes::ProcessPool> pool_;
};

const Registration registration({
    .name = "process_pool",
    .summary = "a pool of worker processes, map over the tasks",
    .mechanism = Mechanism::processes,
    .warms_up = true,
    .make = [] { return std::make_unique<ProcessPool>(); },
});

}  // namespace

}  // namespace backends
