// expected: function_without_captures
#include "loops/typed.hpp"

loops::Loop made(double factor) {
  return loops::map<[factor](std::int64_t task) { return factor * static_cast<double>(task); }>({.tasks = 1});
}
