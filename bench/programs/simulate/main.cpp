// simulate: calls of the backend mpi on a simulated cluster, in simulated time. `make simulate` starts it:
//
//   smpirun -platform FILE -hostfile FILE -np RANKS --cfg=... simulate timed --tasks N,... --rates R,...
//
// The backend is kernels/backends/mpi.cpp, the same file that real clusters run. SMPI runs all ranks in one process,
// and simulates what MPI sends.
#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "backends/backend.hpp"
#include "command_line/command.hpp"
#include "loops/typed.hpp"
#include "parzen/counting/kernel.hpp"
#include "parzen/counting/loop.hpp"
#include "parzen/random/counter.hpp"
#include "parzen/widths.hpp"
#include "programs/simulate/rank.hpp"

namespace {

/// Counts of a block, as many as the article has widths: ranks add them.
constexpr std::size_t m = 100;

struct Speed {
  double rate;  ///< tasks a second
};

/// Takes the time of these tasks on the simulated clock, and holds no data. Every result is their number.
void timed(const Speed& speed, loops::Range tasks, std::span<std::int64_t> results) {
  smpi_execute(static_cast<double>(tasks.size()) / speed.rate);
  std::ranges::fill(results, tasks.size());
}

/// A block per rank, since every rank has the results of all blocks in memory, and all ranks are one process.
loops::Loop timed_loop(std::int64_t tasks, int ranks) {
  return loops::reduce<timed, std::plus<>>({.tasks = tasks, .elements = m, .blocks = ranks});
}

backends::Ranks ranks_of_platform() {
  const backends::Ranks ranks = backends::find("mpi").ranks();
  if (static_cast<std::size_t>(ranks.size) <= simulated::hosts()) return ranks;
  throw std::invalid_argument(
      fmt::format("{} ranks, and the platform has {} hosts: start at most as many ranks, or name a larger platform",
                  ranks.size, simulated::hosts()));
}

/// Throws std::runtime_error unless every result is the number of tasks.
void check(std::span<const std::int64_t> answer, std::int64_t tasks) {
  const auto wrong = std::ranges::find_if(answer, [&](std::int64_t result) { return result != tasks; });
  if (wrong == answer.end()) return;
  throw std::runtime_error(
      fmt::format("the merged answer is {}, and the loop has {} tasks: the backend mpi left out or "
                  "repeated some",
                  *wrong, tasks));
}

/// Seconds of one call on workers that exist: of the slowest rank, after all have waited for each other.
double seconds_of_call(std::int64_t tasks, std::int64_t rate, int ranks) {
  const auto backend = backends::find("mpi").make();
  backend->start(timed_loop(tasks, ranks), ranks);
  const std::vector<std::byte> parameters = loops::bytes_of(Speed{static_cast<double>(rate)});
  std::vector<std::int64_t> answer(m);
  MPI_Barrier(MPI_COMM_WORLD);
  const double begin = MPI_Wtime();
  backend->run(parameters, std::as_writable_bytes(std::span(answer)));
  double seconds = MPI_Wtime() - begin;
  backend->stop();
  check(answer, tasks);
  MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return seconds;
}

void time_calls(std::span<const std::int64_t> tasks, std::span<const std::int64_t> rates) {
  const backends::Ranks ranks = ranks_of_platform();
  if (ranks.rank == 0) fmt::print("ranks,tasks,rate,seconds\n");
  for (const std::int64_t n : tasks) {
    for (const std::int64_t rate : rates) {
      const double seconds = seconds_of_call(n, rate, ranks.size);
      if (ranks.rank == 0) fmt::print("{},{},{},{:.9f}\n", ranks.size, n, rate, seconds);
    }
  }
}

/// The article's loop, as fused counts it by_sample, against serial on each rank.
void count_samples(std::int64_t n) {
  const backends::Ranks ranks = ranks_of_platform();
  constexpr std::int64_t d = 2;
  const parzen::Problem problem{parzen::counter_samples(123, n, d), parzen::Query::Zero(d)};
  const parzen::Kernel fused{"fused", "", parzen::count_fused, &parzen::fused_preparation};
  const parzen::CountLoop loop(problem, fused, parzen::Decomposition::by_sample, m);
  const std::vector<std::byte> parameters = loop.parameters(parzen::linspace(1.0, 1.2, m));
  const auto answer_of = [&](const char* name, int workers) {
    const auto backend = backends::find(name).make();
    backend->start(loop.loop(), workers);
    return backend->run(parameters);
  };
  const std::string different = loops::difference(loop.loop(), answer_of("serial", 1), answer_of("mpi", ranks.size));
  if (!different.empty()) throw std::runtime_error(fmt::format("rank {}: {}", ranks.rank, different));
  int same = 1;
  MPI_Allreduce(MPI_IN_PLACE, &same, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  if (ranks.rank == 0) fmt::print("{} ranks counted {} samples as serial does\n", same, n);
}

void run(int argc, char** argv) {
  command_line::Command command("simulate", "Calls of the backend mpi on a simulated cluster, under smpirun.");
  std::vector<std::int64_t> tasks;
  std::vector<std::int64_t> rates;
  auto timed_command = command.subcommand("timed", "print ranks,tasks,rate,seconds of a loop that only takes time");
  timed_command.positive("--tasks", tasks, "of one call; several with commas");
  timed_command.positive("--rates", rates, "tasks a second of one rank; several with commas");
  std::int64_t n = 100'000;
  auto count_command = command.subcommand("count", "compare the article's loop with serial on every rank");
  count_command.positive("--n", n, "samples");
  if (const auto status = command.parse(argc, argv)) simulated::end_all(*status);
  if (count_command.chosen()) {
    count_samples(n);
  } else if (tasks.empty() || rates.empty()) {
    simulated::end_all(timed_command.refuse("name --tasks and --rates"));
  } else {
    time_calls(tasks, rates);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return simulated::run_rank([&] { run(argc, argv); });
}
