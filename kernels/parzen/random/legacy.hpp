// The generator `legacy`: NumPy's RandomState, bit for bit, which generates the article's samples.
#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "parzen/problem.hpp"

namespace parzen {

/// numpy.random.RandomState(seed): MT19937 seeded with init_genrand, doubles of 53 bits, Gaussians by the polar method.
/// The second of each pair is kept for the next call.
/// Sources: Matsumoto and Nishimura, TOMACS 8 (1998), genrand_res53; Marsaglia and Bray, SIAM Review 6 (1964).
class LegacyRandom {
 public:
  explicit LegacyRandom(std::uint32_t seed) : engine_(seed) {}

  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform();

  /// Standard normal.
  double normal();

 private:
  std::mt19937 engine_;  // its constructor is init_genrand
  std::optional<double> kept_;
};

/// numpy.random.RandomState(seed).multivariate_normal(zeros(d), identity(d), n): n x d standard normals, sample by
/// sample. Throws std::invalid_argument unless n and d are positive, and what Samples(n, d) throws.
Samples legacy_samples(std::uint32_t seed, std::int64_t n, std::int64_t d);

}  // namespace parzen
