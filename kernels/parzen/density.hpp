// From counts to densities.
#pragma once

#include <cstdint>
#include <string_view>

#include "parzen/problem.hpp"

namespace parzen {

enum class Normaliser {
  volume,        ///< h^d, the volume of the window: correct
  as_published,  ///< h, as the article divides in any dimension; see results/published/article.json, erratum
};

/// `volume` or `as_published`; throws std::invalid_argument with the list otherwise.
Normaliser normaliser(std::string_view name);

/// count / n / h^d (or / h), per unit of volume; 0 where count is 0. A density beyond the range of double, which takes
/// a window such as 10^-200 wide, is infinite, or 0 where the window is as much too large.
double density(Count count, std::int64_t n, std::int64_t d, double h, Normaliser normaliser);

}  // namespace parzen
