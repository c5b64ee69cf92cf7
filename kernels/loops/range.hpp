// A range of positions.
#pragma once

#include <cstdint>

namespace loops {

/// Those from begin to before end.
struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;

  [[nodiscard]] std::int64_t size() const { return end - begin; }
  bool operator==(const Range&) const = default;
};

}  // namespace loops
