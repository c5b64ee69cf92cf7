// expected: a loop's function takes const Parameters&, std::span<const Element> and its task, in this order
#include "loops/typed.hpp"

struct Parameters {
  double factor;
};

double times(Parameters parameters, std::int64_t task) { return parameters.factor * static_cast<double>(task); }

loops::Loop made() { return loops::map<times>({.tasks = 1}); }
