#include <omp.h>

#include "backends/backend.hpp"

namespace backends {

namespace {

/// While it lives, as many threads come as are asked for: with OMP_DYNAMIC=true the runtime takes no more than there
/// are processors, and fewer on a machine under load. What the host has set comes back.
class ExactNumber {
 public:
  ExactNumber() { omp_set_dynamic(0); }
  ExactNumber(const ExactNumber&) = delete;
  ExactNumber& operator=(const ExactNumber&) = delete;
  ~ExactNumber() { omp_set_dynamic(before_); }

 private:
  int before_ = omp_get_dynamic();
};

class OpenMp : public Backend {
 public:
  ~OpenMp() override { stop(); }

 private:
  // No begin(): the runtime makes its threads with the first call, and keeps them.
  void schedule(Work& work) override {
    const ExactNumber exact;
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
