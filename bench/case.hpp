// A case: one backend, one kernel, one problem, one number of workers, cold or warm. It is timed here and nowhere else.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <vector>

#include "backends/backend.hpp"
#include "parzen/kernel.hpp"
#include "parzen/problem.hpp"

namespace bench {

enum class Start {
  cold,  ///< workers are created and ended inside the timed call, as in the article, and the problem is checked in it
  warm,  ///< workers stand ready; only run() is timed
};

/// What Google Benchmark runs under a name. Cases of one group ask the same question.
struct Case {
  std::string group;
  std::string name;
  std::function<void(benchmark::State&)> run;
};

/// The data of a case.
struct Question {
  parzen::Problem problem;
  std::vector<double> widths;
  parzen::Counts expected;  ///< of the literal kernel
};

struct CaseSettings {
  std::string family;
  const backends::Description* backend = nullptr;
  const parzen::Kernel* kernel = nullptr;
  backends::Decomposition decomposition = backends::Decomposition::by_width;
  int workers = 1;
  Start start = Start::cold;
  std::int64_t n = 0;
  std::int64_t d = 0;
  std::int64_t m = 0;
  std::function<Question()> question;  ///< the same for all cases of the same family, n, d and m
};

/// Named family/backend/key:value/..., so that nothing is ever parsed out of a file name.
Case make_case(const CaseSettings& settings);

/// The question of that group, made if it is not the one that was asked last. Only one is kept: the samples of another,
/// if they stayed in memory, would make every fork slower, since it copies their page tables.
const Question& held_question(const std::string& group, const std::function<Question()>& make);

/// Registers the cases in an order drawn from the seed, since a case's neighbours must not be the same in every round:
/// the groups in random order, and in each its cases in random order.
void register_cases(std::vector<Case> cases, std::uint64_t order_seed);

}  // namespace bench
