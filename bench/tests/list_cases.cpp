// Prints the names of the cases of a run of at most so many samples on a machine of so many processors, whatever this
// one is: what the tests of a run's length and of names read.
//
//   list_cases PROCESSORS LARGEST_N
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "families/families.hpp"

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw std::invalid_argument("two arguments are needed");
    for (const bench::Case& each : bench::all_cases(std::stoll(argv[2]), {.processors = std::stoi(argv[1])})) {
      fmt::print("{}\n", each.name);
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "list_cases: {}: usage: list_cases PROCESSORS LARGEST_N\n", error.what());
    return 2;
  }
}
