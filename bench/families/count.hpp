// Cases of the article's loop: a problem counted by a kernel, cut by width or by sample.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cases/case.hpp"
#include "parzen/counting/loop.hpp"

namespace bench {

/// What the cases of a group share.
struct CountData {
  parzen::Problem problem;
  std::vector<double> widths;
  parzen::Counts expected;  ///< of the literal kernel
};

struct CountSettings {
  std::string family;
  const parzen::Kernel* kernel = nullptr;
  parzen::Decomposition decomposition = parzen::Decomposition::by_width;
  std::int64_t n = 0;
  std::int64_t d = 0;
  std::int64_t m = 0;
  std::function<CountData()> data;  ///< the same for all cases of the same family, n, d and m
};

/// The count as a loop, with the message of mismatch() where counts are wrong.
LoopCall count_call(const CountData& data, const parzen::Kernel& kernel, parzen::Decomposition decomposition);

/// The backend, its workers and the start are left open.
CaseSettings count_case(const CountSettings& settings);

}  // namespace bench
