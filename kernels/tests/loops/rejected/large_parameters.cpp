// expected: a loop's parameters are limited to 64 KiB, .*: make them data
#include "loops/typed.hpp"

struct Parameters {
  std::array<double, 8193> values;
};

double at(const Parameters& parameters, std::int64_t task) { return parameters.values[static_cast<std::size_t>(task)]; }

loops::Loop made() { return loops::map<at>({.tasks = 1}); }
