// link_time REPETITIONS BYTES...: times MPI_Allreduce on all ranks, and checks its result. Each rank prints its host,
// and the first a line per repetition: bytes, and seconds by the slowest rank. mpicxx compiles it for real hosts, and
// smpicxx for simulated ones.
#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

/// Seconds, by the slowest rank. The ranks begin together.
double time_sum(std::vector<std::int64_t>& numbers) {
  std::ranges::fill(numbers, 1);
  MPI_Barrier(MPI_COMM_WORLD);
  const double begin = MPI_Wtime();
  MPI_Allreduce(MPI_IN_PLACE, numbers.data(), static_cast<int>(numbers.size()), MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
  double seconds = MPI_Wtime() - begin;
  MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return seconds;
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank = 0;
  int ranks = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  std::array<char, MPI_MAX_PROCESSOR_NAME> host{};
  int length = 0;
  MPI_Get_processor_name(host.data(), &length);
  std::printf("rank %d of %d on %s\n", rank, ranks, host.data());
  const long repetitions = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 0;
  for (int size = 2; size < argc; ++size) {
    const std::size_t bytes = std::strtoull(argv[size], nullptr, 10);
    std::vector<std::int64_t> numbers(bytes / sizeof(std::int64_t));
    for (long repetition = 0; repetition < repetitions; ++repetition) {
      const double seconds = time_sum(numbers);
      if (std::ranges::count(numbers, ranks) != std::ssize(numbers)) {
        std::fprintf(stderr, "rank %d: a sum of %zu bytes is wrong\n", rank, bytes);
        MPI_Abort(MPI_COMM_WORLD, 1);
      }
      if (rank == 0) std::printf("%zu %.9f\n", bytes, seconds);
    }
  }
  MPI_Finalize();
  return 0;
}
