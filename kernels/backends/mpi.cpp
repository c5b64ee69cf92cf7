// Ranks of MPI, which mpirun starts on one machine or on many. Each rank executes its own share of the blocks, and all
// ranks get the answer. MPI 3.1; its default error handler ends all ranks.
#include "backends/mpi/mpi.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): on_exit is glibc, not C++

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>

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

/// FNV-1a of the program's file, by words (Fowler, Noll and Vo); 0 if it cannot be read.
std::uint64_t digest_of_program() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  constexpr std::uint64_t prime = 0x100000001b3;
  std::uint64_t digest = 0xcbf29ce484222325;
  for (std::array<std::uint64_t, 8192> words{}; file; words.fill(0)) {
    file.read(reinterpret_cast<char*>(words.data()), sizeof words);
    const auto got = static_cast<std::size_t>(file.gcount());
    digest = (digest ^ got) * prime;
    for (std::size_t i = 0; i * sizeof(std::uint64_t) < got; ++i) digest = (digest ^ words.at(i)) * prime;
  }
  return file.bad() || !file.eof() ? 0 : digest;
}

/// Ranks of different builds would call different functions, and mix results of different code. All ranks throw.
void require_the_same_build(int ranks) {
  const std::uint64_t own = digest_of_program();
  // The smallest, and the complement of the largest. Only if they differ, each rank gets the digests of all.
  std::array ends{own, ~own};
  MPI_Allreduce(MPI_IN_PLACE, ends.data(), 2, MPI_UINT64_T, MPI_MIN, MPI_COMM_WORLD);
  if (ends[0] == ~ends[1]) return;
  std::vector<std::uint64_t> all(static_cast<std::size_t>(ranks));
  MPI_Allgather(&own, 1, MPI_UINT64_T, all.data(), 1, MPI_UINT64_T, MPI_COMM_WORLD);
  std::vector<std::string> others;
  constexpr std::size_t most_named = 10;
  for (std::size_t rank = 1; rank < all.size() && others.size() <= most_named; ++rank) {
    if (all[rank] == all.front()) continue;
    others.push_back(others.size() < most_named ? std::to_string(rank) : "...");
  }
  const char* const run = others.size() == 1 ? "rank {} runs" : "ranks {} run";
  throw std::runtime_error(fmt::format(fmt::runtime(run), fmt::join(others, ", ")) +
                           " another build of the program than rank 0: copy the same program to every host");
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

}  // namespace

Ranks ranks_of_mpi() {
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
  if (initialized == 0) require_the_same_build(found.size);
  return found;
}

void sum_over_ranks(std::span<std::int64_t> numbers) {
  MPI_Allreduce(MPI_IN_PLACE, numbers.data(), static_cast<int>(numbers.size()), MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
}

void Mpi::require_workers() {
  if (ranks_.size == workers()) return;
  throw std::invalid_argument(fmt::format(
      "the backend mpi has a worker per rank: {} workers were requested from mpirun -np {}", workers(), ranks_.size));
}

loops::Range Mpi::own_tasks() {
  ranks_ = ranks_of_mpi();
  require_workers();
  require_the_same_loop();
  own_ = share_of(ranks_.rank);
  const loops::Blocks& blocks = call().blocks();
  return {blocks.tasks(own_.begin).begin, blocks.tasks(own_.end).begin};
}

Mpi::Share Mpi::share_of(int rank) {
  const auto r = static_cast<std::size_t>(rank);
  const auto all = static_cast<std::size_t>(ranks_.size);
  return {call().size() * r / all, call().size() * (r + 1) / all};
}

void Mpi::begin() {
  begin_rank();
  if (adds()) {
    // One integer more: how many ranks have failed.
    sums_.resize(1 + call().loop().result_bytes / sizeof(std::int64_t));
    return;
  }
  for (int rank = 0; rank < ranks_.size; ++rank) {
    const Share share = share_of(rank);
    counts_.push_back(results_before(share.end) - results_before(share.begin));
    offsets_.push_back(results_before(share.begin));
  }
  MPI_Type_contiguous(static_cast<int>(call().loop().result_bytes), MPI_BYTE, &result_);
  MPI_Type_commit(&result_);
}

void Mpi::execute(Call& call, std::size_t begin, std::size_t end) {
  for (std::size_t block = begin; block < end; ++block) call.execute(block);
}

void Mpi::schedule(Call& call) {
  execute(call, own_.begin, own_.end);
  if (adds()) {
    add(call);
  } else {
    gather(call);
  }
}

void Mpi::end() {
  end_rank();
  if (result_ != MPI_DATATYPE_NULL) MPI_Type_free(&result_);
  counts_.clear();
  offsets_.clear();
  sums_.clear();
}

void Mpi::overwrite_own_results() { std::ranges::fill(std::as_writable_bytes(std::span(sums_)), overwritten); }

/// Other loops would wait for each other forever, or mix their results.
void Mpi::require_the_same_loop() {
  const loops::Loop& loop = call().loop();
  constexpr std::size_t figures = 5;
  std::array<std::int64_t, 2 * figures> ends{loop.tasks, static_cast<std::int64_t>(call().size()),
                                             static_cast<std::int64_t>(loop.result_bytes),
                                             static_cast<std::int64_t>(loop.parameter_bytes),
                                             loop.make != nullptr ? -1 : static_cast<std::int64_t>(loop.data.size())};
  for (std::size_t i = 0; i < figures; ++i) ends.at(figures + i) = -ends.at(i);
  MPI_Allreduce(MPI_IN_PLACE, ends.data(), static_cast<int>(ends.size()), MPI_INT64_T, MPI_MAX, MPI_COMM_WORLD);
  for (std::size_t i = 0; i < figures; ++i) {
    if (ends.at(i) == -ends.at(figures + i)) continue;  // the largest is the smallest
    throw std::invalid_argument(
        "the ranks have different loops: start the same program on each, with the same arguments and files");
  }
}

/// Of tasks or, with a merge, of blocks.
int Mpi::results_before(std::size_t block) {
  const std::size_t bytes = call().loop().result_bytes;
  const std::size_t results = bytes == 0 ? 0 : call().blocks().offset(block) / bytes;
  if (results > std::numeric_limits<int>::max()) {
    throw std::invalid_argument(fmt::format("the backend mpi gathers at most {} results, and this loop has {}",
                                            std::numeric_limits<int>::max(), call().blocks().result_bytes() / bytes));
  }
  return static_cast<int>(results);
}

void Mpi::add(Call& call) {
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

void Mpi::gather(Call& call) {
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
void Mpi::share_failure(Call& call) {
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

namespace {

const Registration mpi_registration({
    .name = "mpi",
    .summary = "ranks of MPI, on one machine or many: mpirun -np WORKERS",
    .mechanism = Mechanism::processes,
    .warms_up = true,
    .launch = Launch::mpirun,
    .ranks = ranks_of_mpi,
    .sum = sum_over_ranks,
    .make = [] { return std::make_unique<Mpi>(); },
});

}  // namespace

}  // namespace backends
