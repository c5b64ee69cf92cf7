#include "parzen/random/legacy.hpp"

#include <cmath>

namespace parzen {

double LegacyRandom::uniform() {
  // 27 high bits and 26 low bits, generated in this order.
  const auto high = static_cast<double>(engine_() >> 5U);
  const auto low = static_cast<double>(engine_() >> 6U);
  return (high * 0x1p26 + low) / 0x1p53;
}

double LegacyRandom::normal() {
  if (kept_) {
    const double value = *kept_;
    kept_.reset();
    return value;
  }
  double x = 0;
  double y = 0;
  double radius_squared = 0;
  do {
    x = 2.0 * uniform() - 1.0;
    y = 2.0 * uniform() - 1.0;
    radius_squared = x * x + y * y;
  } while (radius_squared >= 1.0 || radius_squared == 0.0);
  const double factor = std::sqrt(-2.0 * std::log(radius_squared) / radius_squared);
  kept_ = factor * x;
  return factor * y;
}

Samples legacy_samples(std::uint32_t seed, std::int64_t n, std::int64_t d) {
  check_drawable(n, d);
  Samples samples(n, d);
  samples.first_touch(0, n);
  LegacyRandom random(seed);
  for (std::int64_t sample = 0; sample < n; ++sample) {
    for (std::int64_t dimension = 0; dimension < d; ++dimension) samples(sample, dimension) = random.normal();
  }
  return samples;
}

}  // namespace parzen
