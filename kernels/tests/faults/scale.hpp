// Test sizes: a short form for every build, the full one on demand (make test-faults FAULTS=full).
#pragma once

#include <cstdlib>
#include <string_view>

namespace faults {

inline bool full() {
  const char* wish = std::getenv("FAULTS");
  return wish != nullptr && std::string_view(wish) == "full";
}

template <class Number>
Number scaled(Number in_short, Number in_full) {
  return full() ? in_full : in_short;
}

}  // namespace faults
