// How far apart is what two processes write.
#pragma once

#include <cstddef>

namespace processes {

/// Bytes: of at most 256 on arm64 (128 on Apple's processors, 256 on Fujitsu's A64FX), 64 on x86-64.
#ifdef __aarch64__
inline constexpr std::size_t cache_line = 256;
#else
inline constexpr std::size_t cache_line = 64;
#endif

}  // namespace processes
