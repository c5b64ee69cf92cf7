// Ranks of MPI, which mpirun starts on one machine or on many. Each rank executes its own share of the blocks, and all
// ranks get the answer. MPI 3.1; its default error handler ends all ranks.
#include <mpi.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): on_exit is glibc, not C++

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "backends/backend.hpp"
#include "processes/pool/errors.hpp"

namespace backends {

namespace {

/// Variables that launchers set for each rank: Open MPI's, PMIx's, MPICH's and Slurm's.
constexpr std::array variables_of_launchers{"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "PMI_ID"};

/// Called when the program ends. One that fails ends all ranks: others may wait for this one. One that succeeds waits
/// for the others.
void end_mpi(int status, void* /*argument*/) {
  int finalized = 0;
  MPI_Finalized(&finalized);
  if (finalized != 0) return;
  if (status == EXIT_SUCCESS) {
    MPI_Finalize();
  } else {
    MPI_Abort(MPI_COMM_WORLD, status);
  }
}

/// Starts MPI in the first call. MPI can be started once in a program, so it ends with the program.
Ranks ranks() {
  const bool launched =
      std::ranges::any_of(variables_of_launchers, [](const char* name) { return std::getenv(name) != nullptr; });
  if (!launched) {
    throw std::runtime_error(
        "the backend mpi needs a program that was started by mpirun: mpirun -np 2 PROGRAM ..., or srun");
  }
  int initialized = 0;
  MPI_Initialized(&initialized);
  if (initialized == 0) {
    int provided = MPI_THREAD_SINGLE;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    on_exit(end_mpi, nullptr);
  }
  Ranks found;
  MPI_Comm_rank(MPI_COMM_WORLD, &found.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &found.size);
  return found;
}

std::string message_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "an exception of an unknown type";
  }
}

/// The blocks of a rank: contiguous, so that results can be gathered in the order of the blocks.
struct Share {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Share share_of(std::size_t blocks, int rank, int ranks) {
  const auto r = static_cast<std::size_t>(rank);
  const auto all = static_cast<std::size_t>(ranks);
  return {blocks * r / all, blocks * (r + 1) / all};
}

class Mpi : public Backend {
 public:
  ~Mpi() override { stop(); }

 private:
  void begin() override {
    ranks_ = ranks();
    if (ranks_.size != workers()) {
      throw std::invalid_argument(fmt::format(
          "the backend mpi has a worker a rank: {} workers were requested from mpirun -np {}", workers(), ranks_.size));
    }
    require_the_same_loop();
    own_ = share_of(call().size(), ranks_.rank, ranks_.size);
    if (adds()) {
      // One integer more: how many ranks have failed.
      sums_.resize(1 + call().loop().result_bytes / sizeof(std::int64_t));
      return;
    }
    const std::size_t bytes = call().loop().result_bytes;
    for (int rank = 0; rank < ranks_.size; ++rank) {
      const Share share = share_of(call().size(), rank, ranks_.size);
      counts_.push_back(results_before(share.end) - results_before(share.begin));
      offsets_.push_back(results_before(share.begin));
    }
    MPI_Type_contiguous(static_cast<int>(bytes), MPI_BYTE, &result_);
    MPI_Type_commit(&result_);
  }

  void schedule(Call& call) override {
    for (std::size_t block = own_.begin; block < own_.end; ++block) call.execute(block);
    if (adds()) {
      add(call);
    } else {
      gather(call);
    }
  }

  void end() override {
    if (result_ != MPI_DATATYPE_NULL) MPI_Type_free(&result_);
    counts_.clear();
    offsets_.clear();
    sums_.clear();
  }

  void overwrite_own_results() override { std::ranges::fill(std::as_writable_bytes(std::span(sums_)), overwritten); }

  [[nodiscard]] bool adds() { return call().loop().merge != nullptr && call().loop().sums_integers; }

  /// Other loops would wait for each other for ever, or mix their results.
  void require_the_same_loop() {
    const loops::Loop& loop = call().loop();
    constexpr std::size_t figures = 5;
    std::array<std::int64_t, 2 * figures> ends{
        loop.tasks, static_cast<std::int64_t>(call().size()), static_cast<std::int64_t>(loop.result_bytes),
        static_cast<std::int64_t>(loop.parameter_bytes), static_cast<std::int64_t>(loop.data.size())};
    for (std::size_t i = 0; i < figures; ++i) ends.at(figures + i) = -ends.at(i);
    MPI_Allreduce(MPI_IN_PLACE, ends.data(), static_cast<int>(ends.size()), MPI_INT64_T, MPI_MAX, MPI_COMM_WORLD);
    for (std::size_t i = 0; i < figures; ++i) {
      if (ends.at(i) == -ends.at(figures + i)) continue;  // the largest is the smallest
      throw std::invalid_argument(
          "the ranks have different loops: start the same program on each, with the same arguments and files");
    }
  }

  /// Of tasks or, with a merge, of blocks.
  [[nodiscard]] int results_before(std::size_t block) {
    const std::size_t bytes = call().loop().result_bytes;
    const std::size_t results = bytes == 0 ? 0 : call().blocks().offset(block) / bytes;
    if (results > std::numeric_limits<int>::max()) {
      throw std::invalid_argument(fmt::format("the backend mpi gathers at most {} results, and this loop has {}",
                                              std::numeric_limits<int>::max(), call().blocks().result_bytes() / bytes));
    }
    return static_cast<int>(results);
  }

  void add(Call& call) {
    std::ranges::fill(sums_, 0);
    sums_.front() = call.error() ? 1 : 0;
    const std::span sums = std::span(sums_).subspan(1);
    for (std::size_t block = own_.begin; block < own_.end && !call.error(); ++block) {
      const auto* const result = reinterpret_cast<const std::int64_t*>(call.results(block).data());
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += result[i];
    }
    MPI_Allreduce(MPI_IN_PLACE, sums_.data(), static_cast<int>(sums_.size()), MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
    if (sums_.front() > 0) {
      share_failure(call);
    } else {
      std::ranges::fill(call.results(), std::byte{0});
      std::ranges::copy(std::as_bytes(sums), call.results(0).begin());
    }
  }

  void gather(Call& call) {
    int failed = call.error() ? 1 : 0;
    MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    if (failed > 0) {
      share_failure(call);
      return;
    }
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, call.results().data(), counts_.data(), offsets_.data(), result_,
                   MPI_COMM_WORLD);
  }

  /// The exception of the first rank that failed is thrown on every rank.
  void share_failure(Call& call) {
    const std::exception_ptr error = call.error();
    int first = error ? ranks_.rank : ranks_.size;
    MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    std::string message = first == ranks_.rank ? message_of(error) : "";
    auto size = static_cast<int>(message.size());
    MPI_Bcast(&size, 1, MPI_INT, first, MPI_COMM_WORLD);
    message.resize(static_cast<std::size_t>(size));
    MPI_Bcast(message.data(), size, MPI_CHAR, first, MPI_COMM_WORLD);
    if (!error) call.fail(std::make_exception_ptr(std::runtime_error(fmt::format("rank {}: {}", first, message))));
  }

  Ranks ranks_;
  Share own_;
  MPI_Datatype result_ = MPI_DATATYPE_NULL;
  std::vector<int> counts_;
  std::vector<int> offsets_;
  std::vector<std::int64_t> sums_;
};

const Registration mpi_registration({
    .name = "mpi",
    .summary = "ranks of MPI, on one machine or many: mpirun -np WORKERS",
    .mechanism = Mechanism::processes,
    .warms_up = true,
    .launch = Launch::mpirun,
    .ranks = ranks,
    .make = [] { return std::make_unique<Mpi>(); },
});

}  // namespace

}  // namespace backends
