// Resource limits for cases.
#pragma once

#include <cstdint>
#include <limits>

namespace bench {

struct Limits {
  int processors = 1;  ///< usable by this program
  /// Available bytes; the maximum if there is no limit or it is unknown. The same holds for `tasks`.
  std::uint64_t memory = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t tasks = std::numeric_limits<std::uint64_t>::max();  ///< processes and threads that it may still create
};

Limits limits_here();

}  // namespace bench
