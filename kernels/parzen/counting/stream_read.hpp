// The limit of every kernel: a pass that reads the samples and does almost nothing else.
#pragma once

#include "parzen/counting/kernel.hpp"

namespace parzen {

/// Reads every coordinate once and writes to each count how many have a set sign bit: the least work that proves that
/// all were read, and that adds up over blocks. It counts no windows, so it is not in kernels(). But it has a kernel's
/// interface, and its time is the lower bound for kernels on the same memory. After McCalpin's STREAM (IEEE TCCA
/// Newsletter, 1995), which has no read-only case.
void count_negative(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts);

inline constexpr Kernel stream_read{"stream_read", "the limit: reads every coordinate, counts no window",
                                    count_negative};

}  // namespace parzen
