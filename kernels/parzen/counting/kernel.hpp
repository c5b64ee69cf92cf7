// A kernel is one way to count: the arithmetic of the suite, and the only place where it stands.
// Adding one: a file that defines its function, a declaration below, a line in the table of kernel.cpp.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "parzen/problem.hpp"

namespace parzen {

/// Writes into counts[j] how many of the problem's samples in the range lie in the window of widths[j].
/// The problem and the widths have passed check() and check_widths(); counts has the size of widths.
/// Allocates a few times as much as the widths take at the most, and count_indexed a double a sample; throws nothing
/// but std::bad_alloc, and may run in many threads at once.
using CountFunction = void (*)(const ProblemView& problem, Range samples, std::span<const double> widths,
                               std::span<Count> counts);

/// The same with what is the same for all samples done before, once for all ranges of a call.
struct Preparation {
  /// Bytes that it takes for so many widths.
  std::size_t (*bytes)(std::size_t widths);
  /// Writes so many bytes, which are aligned as std::max_align_t is; the widths have passed check_widths().
  void (*prepare)(std::span<const double> widths, std::span<std::byte> prepared);
  /// As a CountFunction, with what was prepared for these widths in place of them.
  void (*count)(const ProblemView& problem, Range samples, std::span<const std::byte> prepared,
                std::span<Count> counts);
};

struct Kernel {
  std::string_view name;
  std::string_view summary;  ///< one line for people
  CountFunction count;
  const Preparation* preparation = nullptr;  ///< nothing where there is nothing to prepare
};

/// Every kernel, the oracle `literal` first.
std::span<const Kernel> kernels();

/// The kernel of that name; throws std::invalid_argument with the list of names if there is none.
const Kernel& kernel(std::string_view name);

/// The article's arithmetic to the letter: per sample, per dimension, a division, early exit. The oracle of all others.
void count_literal(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts);

/// No division and no branch: every sample costs the same, inside or outside.
void count_branchless(const ProblemView& problem, Range samples, std::span<const double> widths,
                      std::span<Count> counts);

/// Array expressions of Eigen's, one pass a width.
void count_eigen(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts);

/// Vector instructions, the widest that the processor has; one pass a width.
void count_simd(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts);

/// The same, and one pass for all widths together; in any order, and repeated.
void count_fused(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts);

/// What fused makes of the widths: sorted, and in cells (bins.hpp).
extern const Preparation fused_preparation;

/// Distances sorted, then a binary search a width; see indexed.hpp, which sorts once for many calls.
void count_indexed(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts);

/// The largest double t with fl(t / h) <= 1/2, so that `distance <= half_width(h)` decides as the article's
/// `distance / h > 1/2` does, for every finite h > 0, subnormal ones included.
//
// Claim: for doubles t >= 0 and h > 0, fl(t / h) > 1/2 exactly if 2t > h in real numbers.
// If 2t <= h, then t / h <= 1/2, and rounding is monotonic. If 2t > h, write h = H u with u the spacing of doubles at
// h, so that H is an integer below 2^53. For h >= 2^-1021, h/2 is a double and the next one is u/2 above it or more, so
// t >= (H + 1) u / 2. Below, every double is a multiple of u, so 2t > H u gives 2t >= (H + 1) u. Either way
//     t / h >= (H + 1) / 2H = 1/2 + 1 / 2H > 1/2 + 2^-54,
// which is past the midpoint between 1/2 and the next double, 1/2 + 2^-53: the quotient rounds up.
//
// So the threshold is the largest double t with 2t <= h: h/2, or the double below where halving a subnormal rounded up.
inline double half_width(double h) {
  const double half = h / 2;
  // The double below a positive one is that of the integer below.
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(half) - (half + half > h ? 1U : 0U));
}

}  // namespace parzen
