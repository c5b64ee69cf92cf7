// Resource limits for cases.
#pragma once

#include <cstdint>
#include <limits>

namespace bench {

struct Limits {
  int processors = 1;  ///< that this program may use
  /// Bytes that are available. Of this and the next, any number where there is no limit, or the system does not tell.
  std::uint64_t memory = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t tasks = std::numeric_limits<std::uint64_t>::max();  ///< processes and threads that it may still make
};

Limits limits_here();

}  // namespace bench
