#include "parzen/kernel.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace parzen {

namespace {

constexpr std::array table{
    Kernel{"literal", "the article's: per sample, per dimension, a division, early exit", count_literal},
    Kernel{"branchless", "no division, no branch; one pass a width", count_branchless},
    Kernel{"eigen", "array expressions of Eigen's; one pass a width", count_eigen},
    Kernel{"simd", "vector instructions; one pass a width", count_simd},
    Kernel{"fused", "vector instructions; one pass for all widths", count_fused},
};

}  // namespace

std::span<const Kernel> kernels() { return table; }

const Kernel& kernel(std::string_view name) {
  const auto* const found = std::ranges::find(table, name, &Kernel::name);
  if (found == table.end()) {
    std::array<std::string_view, table.size()> names;
    std::ranges::transform(table, names.begin(), &Kernel::name);
    throw std::invalid_argument(
        fmt::format("there is no kernel named '{}': choose one of {}", name, fmt::join(names, ", ")));
  }
  return *found;
}

// Claim: for doubles t >= 0 and h > 0, fl(t / h) > 1/2 exactly if 2t > h in real numbers.
// If 2t <= h, then t / h <= 1/2, and rounding is monotonic. If 2t > h, write h = H u with u the spacing of doubles at
// h, so that H is an integer below 2^53. For h >= 2^-1021, h/2 is a double and the next one is u/2 above it or more, so
// t >= (H + 1) u / 2. Below, every double is a multiple of u, so 2t > H u gives 2t >= (H + 1) u. Either way
//     t / h >= (H + 1) / 2H = 1/2 + 1 / 2H > 1/2 + 2^-54,
// which is past the midpoint between 1/2 and the next double, 1/2 + 2^-53: the quotient rounds up.
//
// So the threshold is the largest double t with 2t <= h: h/2, or the double below where halving a subnormal rounded up.
double half_width(double h) {
  const double half = h / 2;
  return half + half > h ? std::nextafter(half, 0.0) : half;
}

}  // namespace parzen
