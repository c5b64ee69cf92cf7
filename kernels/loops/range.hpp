// A range of indices.
#pragma once

#include <cstdint>

namespace loops {

/// The half-open range [begin, end).
struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;

  [[nodiscard]] std::int64_t size() const { return end - begin; }
  bool operator==(const Range&) const = default;
};

}  // namespace loops
