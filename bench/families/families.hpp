// Every family of cases. Adding one: a file here that defines its function, a declaration, a line in all_cases().
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <vector>

#include "cases/case.hpp"
#include "machine/limits.hpp"

namespace bench {

/// The article's benchmark: its samples, query and widths at n = 10,000, and at n = 100,000, where starting the workers
/// weighs a tenth as much. By_width over the literal kernel, with workers 1, 2, 3, 4, 6: cold, and at the smaller n,
/// where that differs, warm. By_sample over the fused kernel, the fastest known here, with workers 1, 2, 4: cold and
/// warm.
std::vector<Case> article_cases();

/// The counts of the article's twelve widths (0.1 to 1.2), by the literal kernel.
parzen::Counts article_table_counts();

/// What every mechanism costs with no work in it, beside the least that it could; see dispatch/dispatch.hpp. Cases that
/// are too much for this machine are left out, which is said on standard error.
std::vector<Case> dispatch_cases(const Limits& limits);

/// Tasks of the same work in smaller and smaller grains, on a machine of so many processors; see grain.cpp.
std::vector<Case> grain_cases_for(int processors);

/// Tasks that wait instead of counting; see io_bound/io_bound.hpp. If no temporary file can be read past the page
/// cache, those of a file are left out, which is said on standard error.
std::vector<Case> io_bound_cases();

/// The same with a file in the first of these folders where it can be.
Selection select_io_bound(const std::vector<std::filesystem::path>& folders);

/// The loop itself, beside the least that it could cost: every kernel on the article's problem, and on samples that no
/// cache holds, in one thread and in two; see kernels.cpp. What is too much for this machine is left out, which is said
/// on standard error.
std::vector<Case> kernels_cases(const Limits& limits);

/// The same, where nothing is said.
Selection select_kernels(const Limits& limits);

/// The article's problem while another process keeps a processor busy, on a machine of so many; see load.cpp.
std::vector<Case> load_cases_for(int processors);

/// How much memory each backend takes; see memory.cpp. What is too much for this machine, or cannot be read here, is
/// left out, which is said on standard error.
std::vector<Case> memory_cases(const Limits& limits);

/// The same, where nothing is said.
Selection select_memory(const Limits& limits);

/// The article's problem in more and more workers, beyond the processors that there are; see scaling.cpp. What is too
/// much for this machine is left out, which is said on standard error.
std::vector<Case> scaling_cases(const Limits& limits);

/// The same, where nothing is said.
Selection select_scaling(const Limits& limits);

/// The article's problem of more and more samples; see sweep.cpp. What is too much for this machine is left out, which
/// is said on standard error.
std::vector<Case> sweep_cases(const Limits& limits);

/// The same, where nothing is said.
Selection select_sweep(const Limits& limits);

/// Of all families, the cases of a run of at most so many samples on a machine of such limits.
inline std::vector<Case> all_cases(std::int64_t largest_n, const Limits& limits = limits_here()) {
  std::vector<Case> cases;
  const auto add = [&cases](std::vector<Case> family) { std::ranges::move(family, std::back_inserter(cases)); };
  add(article_cases());
  add(dispatch_cases(limits));
  add(grain_cases_for(limits.processors));
  add(io_bound_cases());
  add(kernels_cases(limits));
  add(load_cases_for(limits.processors));
  add(memory_cases(limits));
  add(scaling_cases(limits));
  add(sweep_cases(limits));
  std::erase_if(cases, [largest_n](const Case& each) {
    return each.from_largest_n > largest_n || each.below_largest_n <= largest_n;
  });
  return cases;
}

}  // namespace bench
