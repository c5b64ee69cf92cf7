// expected: the result of a task has a fixed size: a number, .*no std::string
#include "loops/typed.hpp"

std::string name(std::int64_t /*task*/) { return {}; }

loops::Loop made() { return loops::map<name>({.tasks = 1}); }
