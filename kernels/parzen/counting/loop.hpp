// The article's loop: counts of a problem's samples in the windows of some widths, as a loop for backends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "loops/loop.hpp"
#include "parzen/counting/kernel.hpp"
#include "parzen/problem.hpp"

namespace parzen {

/// What a task is.
enum class Decomposition {
  by_width,   ///< as in the article: one task per width, over all samples
  by_sample,  ///< one task per sample, for all widths; sums the counts of blocks of samples
};

std::string_view name(Decomposition decomposition);

/// Samples that are made or read in parts, each without the rest.
struct SampleParts {
  std::int64_t n = 0;
  std::int64_t d = 0;
  std::function<Samples(Range samples)> make = {};  ///< as many rows as the range has samples
};

/// The counts of a problem by a kernel: one of kernels(), or a user's own.
class CountLoop {
 public:
  /// For that many widths a call. Shares the samples' memory. Throws std::invalid_argument for a problem that check()
  /// rejects; only here, since checking all samples may take longer than counting them.
  CountLoop(const Problem& problem, const Kernel& kernel, Decomposition decomposition, std::size_t widths);

  /// The same by_sample: a backend makes only the samples that its process counts, in start(). Throws
  /// std::invalid_argument without samples, and for a query of another dimension or that is not finite. start() throws
  /// the same for the samples, and what `samples.make` throws.
  CountLoop(const SampleParts& samples, const Query& query, const Kernel& kernel, std::size_t widths);

  [[nodiscard]] const loops::Loop& loop() const { return loop_; }

  /// The parameters of a call. Throws std::invalid_argument for widths that check_widths() rejects, or a different
  /// number of widths.
  [[nodiscard]] std::vector<std::byte> parameters(std::span<const double> widths) const;

 private:
  CountLoop(std::int64_t n, const Query& query, const Kernel& kernel, Decomposition decomposition, std::size_t widths);

  loops::Loop loop_;
  std::vector<std::byte> head_;  // the parameters' constant part
  std::size_t widths_;
};

/// One count per width, in order.
Counts counts_in(std::span<const std::byte> answer);

}  // namespace parzen
