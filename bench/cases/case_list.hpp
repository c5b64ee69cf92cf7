// `--list=json`: describes each case before it runs, so that no other program has to parse names.
#pragma once

#include <span>
#include <string>

#include "cases/case.hpp"

namespace bench {

/// A JSON array of objects, one per case, in the order of the cases:
///
///   name         as --cases takes it
///   full_name    the same with the suffix of Google Benchmark
///   group        cases of one group share their data, run one after another, and are compared with each other
///   family, backend, parameters
///                the parts of the name; parameters is an object of strings, in the order of the name
///   kind         loop, cost or limit
///
/// Throws std::logic_error for a name that is not family/backend/key:value/...
std::string case_list(std::span<const Case> cases);

}  // namespace bench
