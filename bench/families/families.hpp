// The families of cases: each registers itself, so that a new one is a file and no list names it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cases/case.hpp"
#include "machine/limits.hpp"

namespace bench {

/// Makes the cases of a family, and says how many are more than the machine can do, and why.
using Select = Selection (*)(const Limits& limits);

/// Registers a family before main: one object of this type in its file, with the name that its cases begin with.
/// Throws std::logic_error if another one has the name.
class Family {
 public:
  Family(std::string name, Select select);
};

/// The names of all families, sorted.
std::vector<std::string> families();

/// The cases of one family. Throws std::invalid_argument if there is none of the name.
Selection select_family(std::string_view name, const Limits& limits);

/// Of all families, by their names, the cases of a run of at most so many samples within the limits; logs the skipped
/// ones to standard error.
std::vector<Case> all_cases(std::int64_t largest_n, const Limits& limits = limits_here());

}  // namespace bench
