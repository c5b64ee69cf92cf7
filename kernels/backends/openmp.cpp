#include <omp.h>

#include "backends/backend.hpp"

namespace backends {

namespace {

class OpenMp : public Backend {
 public:
  ~OpenMp() override { stop(); }

 private:
  void begin() override {
#pragma omp parallel num_threads(workers())
    {
    }  // the runtime keeps the team that this makes
  }

  void schedule(Work& work) override {
#pragma omp parallel for num_threads(workers()) schedule(dynamic)
    for (std::size_t task = 0; task < work.size(); ++task) work.execute(task);
  }

  void end() override { omp_pause_resource_all(omp_pause_hard); }  // ends the runtime's threads (OpenMP 5.0, 3.6)
};

const Registration openmp_registration({
    .name = "openmp",
    .summary = "OpenMP threads, parallel for, dynamic schedule",
    .mechanism = Mechanism::threads,
    .warms_up = true,
    .make = [] { return std::make_unique<OpenMp>(); },
});

}  // namespace

}  // namespace backends
