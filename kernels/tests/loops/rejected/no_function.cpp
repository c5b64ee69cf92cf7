// expected: a loop needs a function or a lambda without captures
#include "loops/typed.hpp"

loops::Loop made() { return loops::map<3>({.tasks = 1}); }
