#include "cases/digest.hpp"

namespace bench {

std::uint32_t digest(std::span<const parzen::Count> counts) {
  std::uint32_t hash = 2166136261U;
  for (const parzen::Count count : counts) {
    auto rest = static_cast<std::uint64_t>(count);
    for (int byte = 0; byte < 8; ++byte, rest >>= 8U) {
      hash = (hash ^ static_cast<std::uint32_t>(rest & 0xffU)) * 16777619U;
    }
  }
  return hash;
}

}  // namespace bench
