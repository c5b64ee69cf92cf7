// expected: a pointer cannot be sent
#include "processes/pool.hpp"

struct Person {
  int age;
  const char* name;
};

int main() {
  processes::ProcessPool pool(1);
  pool.apply([](Person person) { return person.age; }, Person{1, "a"});
}
