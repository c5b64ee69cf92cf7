// Ranks of MPI as workers, or as hosts of workers: see mpi_tbb.cpp.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backends/backend.hpp"

namespace backends {

/// Starts MPI in the first call. MPI can be started once in a program, so it ends with the program. Throws
/// std::runtime_error unless a launcher started the program, and if the ranks run different builds of it.
Ranks ranks_of_mpi();

/// Adds the numbers of all ranks, one by one; all get the sums.
void sum_over_ranks(std::span<std::int64_t> numbers);

/// Each rank executes its own share of the blocks: contiguous, so that results can be gathered in the order of the
/// blocks. It has the data of these alone if the loop can make a part of its data.
class Mpi : public Backend {
 public:
  ~Mpi() override { stop(); }

 protected:
  [[nodiscard]] const Ranks& ranks() const { return ranks_; }

 private:
  struct Share {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  /// Throws std::invalid_argument if so many workers cannot be divided among the ranks.
  virtual void require_workers();
  /// Creates and destroys what executes the blocks of a rank, if it does not do so itself.
  virtual void begin_rank() {}
  virtual void end_rank() {}
  virtual void execute(Call& call, std::size_t begin, std::size_t end);

  loops::Range own_tasks() override;
  void begin() override;
  void schedule(Call& call) override;
  void end() override;
  void overwrite_own_results() override;

  [[nodiscard]] bool adds() { return call().loop().merge != nullptr && call().loop().sums_integers; }
  void require_the_same_loop();
  [[nodiscard]] Share share_of(int rank);
  [[nodiscard]] int results_before(std::size_t block);
  void add(Call& call);
  void gather(Call& call);
  void share_failure(Call& call);

  Ranks ranks_;
  Share own_;
  MPI_Datatype result_ = MPI_DATATYPE_NULL;
  std::vector<int> counts_;
  std::vector<int> offsets_;
  std::vector<std::int64_t> sums_;
};

}  // namespace backends
