#include "programs/simulate/rank.hpp"

#include <fmt/format.h>
#include <mpi.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <simgrid/s4u/Engine.hpp>
#include <utility>
#include <vector>

namespace {

using OnExit = void (*)(int status, void* argument);

/// SMPI gives each rank a copy of this variable.
std::vector<std::pair<OnExit, void*>>& registered() {
  static std::vector<std::pair<OnExit, void*>> functions;
  return functions;
}

}  // namespace

/// In place of the C library's (see CMakeLists.txt), which calls what mpi.cpp registers when the simulator ends: then
/// no rank exists any more.
extern "C" int __wrap_on_exit(OnExit function, void* argument) {  // NOLINT(bugprone-reserved-identifier)
  registered().emplace_back(function, argument);
  return 0;
}

namespace simulated {

void end_all(int status) {
  std::fflush(nullptr);
  std::_Exit(status);
}

int run_rank(const std::function<void()>& body) {
  // The backend asks whether a launcher started the program, and smpirun sets no variable of a rank.
  setenv("PMI_ID", "0", 0);
  try {
    body();
  } catch (const std::exception& error) {
    fmt::print(stderr, "simulate: {}\n", error.what());
    end_all(EXIT_FAILURE);
  }
  for (const auto& [function, argument] : registered()) function(EXIT_SUCCESS, argument);
  return EXIT_SUCCESS;
}

std::size_t hosts() { return simgrid::s4u::Engine::get_instance()->get_host_count(); }

}  // namespace simulated
