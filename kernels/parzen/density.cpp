#include "parzen/density.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "text/shown.hpp"

namespace parzen {

Normaliser normaliser(std::string_view name) {
  if (name == "volume") return Normaliser::volume;
  if (name == "as_published") return Normaliser::as_published;
  throw std::invalid_argument(
      fmt::format("there is no normaliser named {}: choose one of volume, as_published", text::quoted(name)));
}

double density(Count count, std::int64_t n, std::int64_t d, double h, Normaliser normaliser) {
  if (count == 0) return 0.0;  // also if the volume is too small for a double
  const double volume = normaliser == Normaliser::volume ? std::pow(h, static_cast<double>(d)) : h;
  return static_cast<double>(count) / static_cast<double>(n) / volume;
}

}  // namespace parzen
