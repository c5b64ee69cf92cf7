// A kernel is one way to count: all arithmetic of the suite is in kernels. To add one: a file with its function, a
// declaration below, a row in the table of kernel.cpp.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "parzen/problem.hpp"

namespace parzen {

/// Writes to counts[j] how many samples of the range are in the window of widths[j]. The problem and the widths have
/// passed check() and check_widths(); counts has the size of widths. Allocates at most a few times the size of the
/// widths (count_indexed: a double per sample). Throws only std::bad_alloc. May run in many threads at once.
using CountFunction = void (*)(const ProblemView& problem, Range samples, std::span<const double> widths,
                               std::span<Count> counts);

/// A kernel with a preparation: work that is the same for all samples is done once a call, for all ranges.
struct Preparation {
  /// The size of the prepared bytes for that many widths.
  std::size_t (*bytes)(std::size_t widths);
  /// Writes these bytes, aligned as std::max_align_t; the widths have passed check_widths().
  void (*prepare)(std::span<const double> widths, std::span<std::byte> prepared);
  /// Like a CountFunction, with the prepared bytes instead of the widths.
  void (*count)(const ProblemView& problem, Range samples, std::span<const std::byte> prepared,
                std::span<Count> counts);
};

struct Kernel {
  std::string_view name;
  std::string_view summary;  ///< one line, shown to users
  CountFunction count;
  const Preparation* preparation = nullptr;  ///< null if there is nothing to prepare
};

/// All kernels; the oracle `literal` is first.
std::span<const Kernel> kernels();

/// The kernel of that name; throws std::invalid_argument with the list of names if there is none.
const Kernel& kernel(std::string_view name);

/// The article's arithmetic: for each sample and dimension a division, with early exit. The oracle for all others.
void count_literal(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts);

/// No division and no branch: every sample costs the same, inside or outside of a window.
void count_branchless(const ProblemView& problem, Range samples, std::span<const double> widths,
                      std::span<Count> counts);

/// Eigen array expressions, one pass per width.
void count_eigen(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts);

/// Vector instructions, the widest that the CPU has; one pass per width.
void count_simd(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts);

/// The same with one pass for all widths, which may be in any order and repeat.
void count_fused(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts);

/// The preparation of fused: sorted half widths in cells (bins.hpp).
extern const Preparation fused_preparation;

/// Sorts distances, then a binary search a width. Index (indexed.hpp) sorts once for many calls.
void count_indexed(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts);

/// The largest double t with fl(t / h) <= 1/2. So `distance <= half_width(h)` is exactly the opposite of the article's
/// `distance / h > 1/2`, for every finite h > 0, subnormal ones included.
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
  // The next lower double of a positive one has the next lower integer as its bits.
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(half) - (half + half > h ? 1U : 0U));
}

}  // namespace parzen
