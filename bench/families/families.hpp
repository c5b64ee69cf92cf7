// The families of cases. Each registers itself, so a new family is a new file, and no list names it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cases/case.hpp"
#include "machine/limits.hpp"

namespace bench {

/// Makes the cases of a family. Says how many cases are skipped on this machine, and why.
using Select = Selection (*)(const Limits& limits);

/// An object of this type registers a family before main, under the first part of its cases' names. Throws
/// std::logic_error if the name is taken.
class Family {
 public:
  Family(std::string name, Select select);
};

/// The names of all families, sorted.
std::vector<std::string> families();

/// The cases of one family. Throws std::invalid_argument for an unknown name.
Selection select_family(std::string_view name, const Limits& limits);

/// The cases of all families, sorted by family, for a run with this largest_n and these limits. Logs skipped cases to
/// standard error.
std::vector<Case> all_cases(std::int64_t largest_n, const Limits& limits = limits_here());

}  // namespace bench
