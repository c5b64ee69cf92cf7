#include <fmt/format.h>
#include <omp.h>

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>

#include "backends/backend.hpp"
#include "backends/check_threads.hpp"

namespace backends {

namespace {

/// Makes the runtime use exactly the requested number of threads during its lifetime. With OMP_DYNAMIC=true it would
/// use at most as many as CPUs, and fewer under load. Restores the host's setting.
class ExactNumber {
 public:
  ExactNumber() { omp_set_dynamic(0); }
  ExactNumber(const ExactNumber&) = delete;
  ExactNumber& operator=(const ExactNumber&) = delete;
  ~ExactNumber() { omp_set_dynamic(before_); }

 private:
  int before_ = omp_get_dynamic();
};

/// The stack size of a thread in bytes, by OMP_STACKSIZE or GOMP_STACKSIZE: a number of kibibytes, or one with a unit
/// (OpenMP 5.0, 6.7). 0, the system's default, if it is not set or invalid: the runtime ignores it then.
std::size_t stack_size() {
  const char* variable = std::getenv("OMP_STACKSIZE");
  if (variable == nullptr) variable = std::getenv("GOMP_STACKSIZE");
  if (variable == nullptr) return 0;
  std::istringstream text(variable);
  std::size_t size = 0;
  char unit = 'K';
  text >> size >> unit;
  const std::size_t place = std::string_view("bBkKmMgG").find(unit);
  if (place == std::string_view::npos) return 0;
  const std::size_t bits = 10 * (place / 2);
  return size <= std::numeric_limits<std::size_t>::max() >> bits ? size << bits : 0;
}

/// The runtime uses fewer threads without an error: the time would be that of a different number of workers.
void require_allowed(int workers) {
  const auto require = [workers](bool allowed, const char* variable, int value) {
    if (allowed) return;
    throw std::runtime_error(fmt::format("{} is {}, which does not allow OpenMP {} workers: unset it, or use fewer",
                                         variable, value, workers));
  };
  require(omp_get_thread_limit() >= workers, "OMP_THREAD_LIMIT", omp_get_thread_limit());
  require(workers == 1 || omp_get_max_active_levels() > 0, "OMP_MAX_ACTIVE_LEVELS", omp_get_max_active_levels());
}

class OpenMp : public Backend {
 public:
  ~OpenMp() override { stop(); }

 private:
  // The runtime creates its threads in the first call and keeps them.
  void begin() override { require_allowed(workers()); }

  void schedule(Call& call) override {
    const ExactNumber exact;
#pragma omp parallel for num_threads(workers()) schedule(dynamic)
    for (std::size_t block = 0; block < call.size(); ++block) call.execute(block);
  }

  void end() override { omp_pause_resource_all(omp_pause_hard); }  // ends the runtime's threads (OpenMP 5.0, 3.6)
};

const Registration openmp_registration({
    .name = "openmp",
    .summary = "OpenMP threads, parallel for, dynamic schedule",
    .mechanism = Mechanism::threads,
    .warms_up = true,
    .make = [] { return std::make_unique<OpenMp>(); },
    .check = [](int workers) { check_threads(workers, stack_size()); },
});

}  // namespace

}  // namespace backends
