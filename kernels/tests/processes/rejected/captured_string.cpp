// expected: what a task's function captures must be trivially copyable
#include <string>

#include "processes/pool.hpp"

int main() {
  processes::ProcessPool pool(1);
  pool.apply([name = std::string("a")](int x) { return x + static_cast<int>(name.size()); }, 1);
}
