// expected: Merge must take the results of two blocks and return one, as std::plus<> does
#include "loops/typed.hpp"

struct Pair {
  double a;
  double b;
};

Pair sum(loops::Range /*tasks*/) { return {}; }

loops::Loop made() { return loops::reduce<sum, std::plus<>>({.tasks = 1}); }
