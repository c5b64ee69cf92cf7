// How the ranks of a program that mpirun started make and time a call together. Only bench_mpi does: in any other
// program together() is null, and a process times its calls alone.
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <functional>
#include <span>
#include <string>

#include "backends/backend.hpp"

namespace bench {

/// What all ranks do at the same time: each function is called on every rank, in the same order.
class Together {
 public:
  Together() = default;
  Together(const Together&) = delete;
  Together& operator=(const Together&) = delete;
  virtual ~Together() = default;

  [[nodiscard]] virtual backends::Ranks ranks() const = 0;
  /// Returns when all ranks have called it.
  virtual void wait() = 0;
  /// Replaces each value by the largest of all ranks.
  virtual void largest(std::span<double> values) = 0;
  /// Replaces each value by the sum of all ranks.
  virtual void sum(std::span<double> values) = 0;
  /// The text of the first rank that has one.
  virtual std::string first(const std::string& text) = 0;
  /// For how long a case is timed at least, in seconds.
  [[nodiscard]] virtual double min_time() const = 0;
};

/// Null unless mpirun started this program.
Together*& together();

/// Whether it is true on every rank.
bool all_agree(bool own);

/// Times calls of all ranks: as many as take min_time(), or as many as the case has iterations after a pause. The time
/// of a call is that of the slowest rank, from a barrier on. Its CPU time includes all ranks.
void time_together(benchmark::State& state, const std::function<void()>& once, std::chrono::microseconds pause);

}  // namespace bench
