// The generator `counter`: generates any block of a data set of any size, without the blocks before it.
#pragma once

#include <cstdint>

#include "parzen/problem.hpp"

namespace parzen {

/// Fills the rows [begin, end) of `into` with standard normals. Each value depends only on the seed, its row and its
/// column: the size of the data set and the block boundaries do not change a bit. Disjoint blocks may be generated in
/// parallel. All values are finite and smaller than 8.6 in magnitude.
///
/// Results are equal to the bit if the C libraries round log, sin and cos alike, which they do not guarantee.
///
/// Sources: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11, Philox4x64 of 10
/// rounds; Box and Muller, "A note on the generation of random normal deviates", Annals of Mathematical Statistics 29
/// (1958). Throws std::invalid_argument for rows that `into` does not have.
void draw_counter(std::uint64_t seed, Range samples, Samples& into);

/// The same samples, in as many rows: a part of a data set, without the rest. An empty range gives no samples. Throws
/// std::invalid_argument for a range that is none or begins below 0, and what Samples(n, d) throws.
Samples counter_part(std::uint64_t seed, Range samples, std::int64_t d);

/// n samples by d dimensions. Throws std::invalid_argument unless n and d are positive, and what Samples(n, d) throws.
Samples counter_samples(std::uint64_t seed, std::int64_t n, std::int64_t d);

}  // namespace parzen
