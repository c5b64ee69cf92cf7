#include "cases/digest.hpp"

namespace bench {

std::uint32_t digest(std::span<const std::byte> answer) {
  std::uint32_t hash = 2166136261U;
  for (const std::byte byte : answer) hash = (hash ^ std::to_integer<std::uint32_t>(byte)) * 16777619U;
  return hash;
}

}  // namespace bench
