// expected: the data of a loop lies in memory that processes share: numbers, or structs of them
#include "loops/typed.hpp"

double first(std::span<const double* const> data, std::int64_t /*task*/) { return *data.front(); }

loops::Loop made() { return loops::map<first>({.tasks = 1}); }
