// Prints the cases by group for a run with this largest_n on a machine with this number of CPUs, whatever this machine
// has. The tests of a run's length and of names read it; bench/tests/case_names/ stores it.
//
//   list_cases PROCESSORS LARGEST_N
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include "families/families.hpp"

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw std::invalid_argument("two arguments are needed");
    std::map<std::string, std::set<std::string>> groups;
    for (const bench::Case& each : bench::all_cases(std::stoll(argv[2]), {.processors = std::stoi(argv[1])})) {
      groups[each.group].insert(each.name);
    }
    for (const auto& [group, names] : groups) {
      fmt::print("{}\n", group);
      for (const std::string& name : names) fmt::print("  {}\n", name);
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "list_cases: {}: usage: list_cases PROCESSORS LARGEST_N\n", error.what());
    return 2;
  }
}
