// expected: a loop's data is in shared memory: use numbers or structs of numbers
#include "loops/typed.hpp"

double first(std::span<const double* const> data, std::int64_t /*task*/) { return *data.front(); }

loops::Loop made() { return loops::map<first>({.tasks = 1}); }
