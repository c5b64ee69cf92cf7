// Cases of the article's loop: a problem, a kernel and a decomposition.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cases/case.hpp"
#include "parzen/counting/loop.hpp"

namespace bench {

/// The data that the cases of a group share.
struct CountData {
  parzen::Problem problem;
  std::vector<double> widths;
  parzen::Counts expected;  ///< of the literal kernel
};

/// The same for ranks of mpirun that each make only the samples that they count.
struct CountParts {
  parzen::SampleParts samples;
  parzen::Query query;
  std::vector<double> widths;
  parzen::Counts expected;  ///< of all samples
};

struct CountSettings {
  std::string family;
  const parzen::Kernel* kernel = nullptr;
  parzen::Decomposition decomposition = parzen::Decomposition::by_width;
  std::int64_t n = 0;
  std::int64_t d = 0;
  std::int64_t m = 0;
  std::function<CountData()> data;  ///< the same for all cases of the same family, n, d and m
  /// Ranks of mpirun call it instead, if it is set. All cases of its group must be by_sample.
  std::function<CountParts()> parts = {};
};

/// Makes the count a loop. Wrong counts get the message of mismatch().
LoopCall count_call(const CountData& data, const parzen::Kernel& kernel, parzen::Decomposition decomposition);
LoopCall count_call(const CountParts& parts, const parzen::Kernel& kernel);

/// Whether the ranks of mpirun run the cases, and each makes its own samples.
bool in_parts(const CountSettings& settings);

/// Makes a case without backend, workers and start, which the caller sets.
CaseSettings count_case(const CountSettings& settings);

}  // namespace bench
