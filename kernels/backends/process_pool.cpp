#include <optional>
#include <vector>

#include "backends/backend.hpp"
#include "processes/pool.hpp"

namespace backends {

namespace {

/// What a worker is sent for one task.
struct Order {
  parzen::Range samples;
  std::vector<double> widths;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(samples.begin, samples.end, widths);
  }
};

/// What a worker holds for all its tasks. The samples are the program's own, in shared memory; nothing else is large.
struct Holding {
  parzen::Problem problem;
  parzen::CountFunction count_windows;
};

std::optional<Holding>& holding() {
  static std::optional<Holding> held;
  return held;
}

/// A kernel is told by its function, not by its name, since it may be of the program's own and in no table.
void hold(std::int64_t n, const std::vector<double>& query, parzen::CountFunction count_windows) {
  const auto d = static_cast<Eigen::Index>(query.size());
  holding().emplace(
      Holding{{parzen::Samples(processes::shared_memory(0), n, d), Eigen::Map<const parzen::Query>(query.data(), d)},
              count_windows});
}

parzen::Counts count(const Order& order) {
  const auto& [problem, count_windows] = holding().value();
  parzen::Counts counts(order.widths.size());
  count_windows(problem, order.samples, order.widths, counts);
  return counts;
}

class ProcessPool : public Backend {
 public:
  ~ProcessPool() override { stop(); }

 private:
  void begin() override {
    const auto& [problem, kernel, decomposition] = plan();
    const std::vector<double> query(problem.query.begin(), problem.query.end());
    pool_.emplace(workers(), processes::PoolOptions{
                                 .initialiser = processes::call(hold, problem.samples.rows(), query, kernel.count),
                                 .shared = {problem.samples.memory()},
                             });
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
    if (const auto status = pool_->lost()) throw processes::WorkerLost(0, *status);
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

const Registration process_pool_registration({
    .name = "process_pool",
    .summary = "a pool of worker processes, map over the tasks",
    .mechanism = Mechanism::processes,
    .warms_up = true,
    .make = [] { return std::make_unique<ProcessPool>(); },
});

}  // namespace

}  // namespace backends
