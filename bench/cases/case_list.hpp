// `--list=json`: what there is to know of each case before it runs, so that nobody else has to take names apart.
#pragma once

#include <span>
#include <string>

#include "cases/case.hpp"

namespace bench {

/// A JSON array of objects, one a case, in the order of the cases:
///
///   name         as `--cases` takes it
///   full_name    as Google Benchmark lists it, with what it appends
///   group        cases of one group share their data, run one after another, and are compared with each other
///   family, backend, parameters
///                the parts of the name; parameters is an object of strings, in the order of the name
///   kind         loop, cost or limit
///
/// Throws std::logic_error for a name that is not family/backend/key:value/...
std::string case_list(std::span<const Case> cases);

}  // namespace bench
