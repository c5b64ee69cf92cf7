// The contract of every backend, as a list of what a backend does wrong. The suite wants the list empty for each
// registered backend; a broken one on purpose must not have an empty list, or the suite could not fail.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backends/backend.hpp"

namespace contract {

using Make = std::function<std::unique_ptr<backends::Backend>()>;

/// One sentence a violation.
std::vector<std::string> violations(const Make& make);

/// The part of the contract on what a backend leaves behind: processes, threads, descriptors, mappings.
std::vector<std::string> leftovers(const Make& make);

}  // namespace contract
