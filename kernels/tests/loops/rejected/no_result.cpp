// expected: a loop's function returns its result, or writes its results to its last parameter, std::span<Element>
#include "loops/typed.hpp"

void nothing(std::int64_t /*task*/) {}

loops::Loop made() { return loops::map<nothing>({.tasks = 1}); }
