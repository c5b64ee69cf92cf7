// Alignment that prevents false sharing between processes.
#pragma once

#include <cstddef>

namespace processes {

/// In bytes. arm64: 256, the largest line in use (Fujitsu A64FX; Apple has 128). x86-64: 64.
#ifdef __aarch64__
inline constexpr std::size_t cache_line = 256;
#else
inline constexpr std::size_t cache_line = 64;
#endif

}  // namespace processes
