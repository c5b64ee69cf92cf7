#include "parzen/counting/kernel.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "text/shown.hpp"

namespace parzen {

namespace {

constexpr std::array table{
    Kernel{"literal", "the article's: per sample, per dimension, a division, early exit", count_literal},
    Kernel{"branchless", "no division, no branch; one pass per width", count_branchless},
    Kernel{"eigen", "array expressions of Eigen's; one pass per width", count_eigen},
    Kernel{"simd", "vector instructions; one pass per width", count_simd},
    Kernel{"fused", "vector instructions; one pass for all widths", count_fused, &fused_preparation},
    Kernel{"indexed", "distances sorted, then a binary search a width", count_indexed},
};

}  // namespace

std::span<const Kernel> kernels() { return table; }

const Kernel& kernel(std::string_view name) {
  const auto* const found = std::ranges::find(table, name, &Kernel::name);
  if (found == table.end()) {
    std::array<std::string_view, table.size()> names;
    std::ranges::transform(table, names.begin(), &Kernel::name);
    throw std::invalid_argument(
        fmt::format("there is no kernel named {}: choose one of {}", text::quoted(name), fmt::join(names, ", ")));
  }
  return *found;
}

}  // namespace parzen
