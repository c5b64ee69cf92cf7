#include "backends/backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace backends {

void check_workers(std::int64_t workers) {
  if (workers < 1 || workers > most_workers) {
    throw std::invalid_argument(
        fmt::format("{} workers cannot be started: choose from 1 to {}", workers, most_workers));
  }
}

Plan::Plan(const parzen::Problem& counted, const parzen::Kernel& by, Decomposition cut)
    : problem(counted), kernel(by), decomposition(cut) {
  parzen::check(problem);
}

void Backend::start(const Plan& plan, int workers) {
  if (plan_) throw std::logic_error("the backend was started before: stop it first");
  check_workers(workers);
  plan_ = std::make_unique<Plan>(plan);
  workers_ = workers;
  try {
    begin();
  } catch (...) {
    plan_.reset();
    throw;
  }
}

parzen::Counts Backend::run(std::span<const double> widths) {
  if (!plan_) throw std::logic_error("the backend was not started");
  parzen::check_widths(widths);
  Work work(*plan_, widths, workers_);
  schedule(work);
  return work.total();
}

void Backend::stop() {
  if (!plan_) return;
  end();
  plan_.reset();
}

}  // namespace backends
