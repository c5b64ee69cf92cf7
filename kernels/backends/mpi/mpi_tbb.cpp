// Ranks of MPI with oneTBB threads inside: for instance one rank per machine, and a thread per CPU. MPI is called by
// the thread that started it only.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <stdexcept>

#include "backends/check_threads.hpp"
#include "backends/mpi/mpi.hpp"
#include "backends/tbb_arena.hpp"

namespace backends {

namespace {

class MpiTbb : public Mpi {
 public:
  ~MpiTbb() override { stop(); }

 private:
  void require_workers() override {
    if (workers() % ranks().size == 0) return;
    throw std::invalid_argument(
        fmt::format("the backend mpi_tbb has as many workers in every rank: {} workers were requested from mpirun "
                    "-np {}; choose a multiple of {}",
                    workers(), ranks().size, ranks().size));
  }

  void begin_rank() override { arena_.emplace(workers() / ranks().size); }
  void end_rank() override { arena_.reset(); }

  void execute(Call& call, std::size_t begin, std::size_t end) override {
    arena_->for_each(end - begin, [&call, begin](std::size_t block) { call.execute(begin + block); });
  }

  std::optional<TbbArena> arena_;
};

const Registration mpi_tbb_registration({
    .name = "mpi_tbb",
    .summary = "ranks of MPI with oneTBB threads inside: mpirun -np RANKS, and as many workers in every rank",
    .mechanism = Mechanism::processes,
    .warms_up = true,
    .launch = Launch::mpirun,
    .threads_in_ranks = true,
    .ranks = ranks_of_mpi,
    .sum = sum_over_ranks,
    .make = [] { return std::make_unique<MpiTbb>(); },
    .check = [](int workers) { check_threads(workers / ranks_of_mpi().size); },
});

}  // namespace

}  // namespace backends
