// A program of mpirun in which one rank fails: mpi_fault_test.sh checks how all ranks end.
#include <signal.h>  // NOLINT(modernize-deprecated-headers): raise is POSIX, not C++

#include <cstdio>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>

#include "backends/backend.hpp"
#include "host/program.hpp"
#include "loops/typed.hpp"

namespace {

std::string fault;

void fail() { throw std::runtime_error("nobody catches this"); }
void fail_in_noexcept() noexcept { fail(); }

double run_task(std::int64_t task) {
  if (task < 19) return 0;
  if (fault == "exception") throw std::runtime_error("task 19 has no result");
  if (fault == "terminate") fail_in_noexcept();
  if (fault == "exit") std::exit(3);
  if (fault == "kill") raise(SIGKILL);
  return 0;
}

int run(int argc, char** argv) {
  fault = argc > 1 ? argv[1] : "";
  const backends::Description& mpi = backends::find("mpi");
  const auto [rank, ranks] = mpi.ranks();
  const bool fails = rank == ranks - 1;
  if (fault == "memory" && fails) throw std::bad_alloc();
  if (fault == "input" && fails) throw std::invalid_argument("rank 2 finds no file");
  const auto backend = mpi.make();
  backend->start(loops::map<run_task>({.tasks = fault == "loops" && fails ? 21 : 20}),
                 fault == "workers" && fails ? ranks + 1 : ranks);
  for (int call = 0; call < 3 || fault == "forever"; ++call) {
    backend->run({});
    // For who kills a host of it meanwhile.
    if (fault == "forever" && call == 0 && rank == 0) {
      std::puts("running");
      std::fflush(stdout);
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return host::run_program("mpi_fault", [&] { return run(argc, argv); });
}
