// The article's loop: the count of a problem's samples in the windows of some widths, as backends run loops.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "loops/loop.hpp"
#include "parzen/counting/kernel.hpp"
#include "parzen/problem.hpp"

namespace parzen {

/// What a task is.
enum class Decomposition {
  by_width,   ///< the article's: one task a width, over all samples
  by_sample,  ///< one task a sample, for all widths; the counts of blocks of samples are summed
};

std::string_view name(Decomposition decomposition);

/// The count of a problem by a kernel: one of kernels(), or one of the program's own.
class CountLoop {
 public:
  /// For so many widths a call. Shares the memory of the samples. Throws std::invalid_argument for a problem that
  /// check() rejects: here, once, since a look at all samples may take longer than to count them.
  CountLoop(const Problem& problem, const Kernel& kernel, Decomposition decomposition, std::size_t widths);

  [[nodiscard]] const loops::Loop& loop() const { return loop_; }

  /// Of a call. Throws std::invalid_argument for widths that check_widths() rejects, or of another number.
  [[nodiscard]] std::vector<std::byte> parameters(std::span<const double> widths) const;

 private:
  loops::Loop loop_;
  std::vector<std::byte> head_;  // of the parameters: what is the same in every call
  std::size_t widths_;
};

/// One a width, in their order.
Counts counts_in(std::span<const std::byte> answer);

}  // namespace parzen
