// The limit of every kernel: a pass that reads and does next to nothing else.
#pragma once

#include "parzen/counting/kernel.hpp"

namespace parzen {

/// Reads every coordinate of the samples once, and writes into each count how many of them have their sign bit set: the
/// least that shows that all were read, and adds up over blocks. No kernel for windows, so it is not in kernels(); but
/// it has their form, so that whatever runs a kernel can run it, and its time is the least that one can take with the
/// same memory. After McCalpin's STREAM (IEEE TCCA Newsletter, 1995), which has no case that only reads.
void count_negative(const ProblemView& problem, Range samples, std::span<const double> widths, std::span<Count> counts);

inline constexpr Kernel stream_read{"stream_read", "the limit: reads every coordinate, counts no window",
                                    count_negative};

}  // namespace parzen
