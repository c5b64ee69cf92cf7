// What cases may take of a machine.
#pragma once

#include <cstdint>
#include <limits>

namespace bench {

struct Means {
  int processors = 1;  ///< that this program may use
  /// Bytes that are available; any number where the system does not tell.
  std::uint64_t memory = std::numeric_limits<std::uint64_t>::max();
};

Means means_here();

}  // namespace bench
