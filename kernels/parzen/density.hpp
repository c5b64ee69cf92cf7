// Converts counts to densities.
#pragma once

#include <cstdint>
#include <string_view>

#include "parzen/problem.hpp"

namespace parzen {

enum class Normaliser {
  volume,        ///< h^d, the volume of the window: correct
  as_published,  ///< h in any dimension, as in the article; see results/published/article.json, erratum
};

/// `volume` or `as_published`; throws std::invalid_argument, which lists both, for another name.
Normaliser normaliser(std::string_view name);

/// count / n / h^d (or / h), per unit of volume; 0 if count is 0. Out of the range of double it is infinite (for a
/// window such as 10^-200 wide), or 0 for a window that is too large.
double density(Count count, std::int64_t n, std::int64_t d, double h, Normaliser normaliser);

}  // namespace parzen
