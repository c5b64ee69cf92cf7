// expected: For map<> the task is a std::int64_t, for reduce<> a loops::Range
#include "loops/typed.hpp"

double half(int task) { return task / 2.0; }

loops::Loop made() { return loops::map<half>({.tasks = 1}); }
