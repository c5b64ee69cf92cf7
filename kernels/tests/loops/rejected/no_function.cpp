// expected: a loop is made of a function, or of a lambda without captures
#include "loops/typed.hpp"

loops::Loop made() { return loops::map<3>({.tasks = 1}); }
