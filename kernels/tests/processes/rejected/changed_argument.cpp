// expected: a task changes its own copy of an argument
#include "processes/pool.hpp"

int main() {
  processes::ProcessPool pool(1);
  int number = 1;
  pool.apply([](int& changed) { ++changed; }, number);
}
