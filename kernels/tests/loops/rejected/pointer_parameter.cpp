// expected: a loop's parameters are copied into other processes: .*no pointer
#include "loops/typed.hpp"

struct Parameters {
  const double* values;
};

double at(const Parameters& parameters, std::int64_t task) { return parameters.values[task]; }

loops::Loop made() { return loops::map<at>({.tasks = 1}); }
