#include "parzen/random/counter.hpp"

#include <Random123/philox.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace parzen {

namespace {

using Philox = r123::Philox4x64;  // 10 rounds

/// One call of Philox gives four words: the normals of four samples in one dimension.
constexpr std::int64_t group_size = 4;
using Group = std::array<double, group_size>;

/// Uniform in (0, 1], a multiple of 2^-53: never 0, whose logarithm is infinite.
double uniform(std::uint64_t word) { return static_cast<double>((word >> 11U) + 1) * 0x1p-53; }

/// The normals of samples 4 * group to 4 * group + 3. The position is the counter and the seed is the key.
Group normals(std::uint64_t seed, std::int64_t group, std::int64_t dimension) {
  const Philox::ctr_type place{{static_cast<std::uint64_t>(group), static_cast<std::uint64_t>(dimension), 0, 0}};
  const Philox::ctr_type words = Philox()(place, Philox::key_type{{seed, 0}});
  Group values;
  for (std::size_t pair = 0; pair < values.size(); pair += 2) {
    const double radius = std::sqrt(-2.0 * std::log(uniform(words[pair])));
    const double angle = 2.0 * std::numbers::pi * uniform(words[pair + 1]);
    values[pair] = radius * std::cos(angle);
    values[pair + 1] = radius * std::sin(angle);
  }
  return values;
}

/// Row 0 of `into` is sample `first`.
void draw(std::uint64_t seed, Range samples, std::int64_t first, Samples& into) {
  into.first_touch(samples.begin - first, samples.end - first);
  for (std::int64_t dimension = 0; dimension < into.cols(); ++dimension) {
    double* const column = into.col(dimension).data();
    for (std::int64_t sample = samples.begin; sample < samples.end;) {
      const std::int64_t group = sample / group_size;
      const Group values = normals(seed, group, dimension);
      // The first group may begin before the block, and the last one end after it.
      const std::int64_t end = std::min(samples.end, (group + 1) * group_size);
      for (; sample < end; ++sample) column[sample - first] = values[static_cast<std::size_t>(sample % group_size)];
    }
  }
}

}  // namespace

void draw_counter(std::uint64_t seed, Range samples, Samples& into) {
  if (samples.begin < 0 || samples.end < samples.begin || samples.end > into.rows()) {
    throw std::invalid_argument(fmt::format("samples {} to {} are out of range: there is room for samples 0 to {}",
                                            samples.begin, samples.end, into.rows()));
  }
  draw(seed, samples, 0, into);
}

Samples counter_part(std::uint64_t seed, Range samples, std::int64_t d) {
  if (samples.begin < 0 || samples.end < samples.begin) {
    throw std::invalid_argument(fmt::format("samples {} to {} are no range", samples.begin, samples.end));
  }
  if (samples.size() == 0) return {};
  check_drawable(samples.size(), d);
  Samples part(samples.size(), d);
  draw(seed, samples, samples.begin, part);
  return part;
}

Samples counter_samples(std::uint64_t seed, std::int64_t n, std::int64_t d) {
  check_drawable(n, d);
  Samples samples(n, d);
  draw_counter(seed, {0, n}, samples);
  return samples;
}

}  // namespace parzen
