// A rank as SMPI runs it: a thread of the simulator.
#pragma once

#include <cstddef>
#include <functional>

namespace simulated {

/// Runs the body as the main function of a rank, and ends MPI. An exception is reported on standard error in one line,
/// and ends all ranks with status 1.
int run_rank(const std::function<void()>& body);

/// Ends all ranks at once, since they are one process.
[[noreturn]] void end_all(int status);

/// How many hosts the platform has.
std::size_t hosts();

}  // namespace simulated
