// expected: the result of a task has a fixed size: a number, .* without padding
#include "loops/typed.hpp"

struct Found {
  std::int32_t index;
  double value;
};

Found find(std::int64_t /*task*/) { return {}; }

loops::Loop made() { return loops::map<find>({.tasks = 1}); }
