// The contract of every backend: lists its violations. The list must be empty for each registered backend. It must not
// be empty for backends that are broken on purpose: that proves that the suite can fail.
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

/// The part of the contract about leftovers: processes, threads, descriptors, mappings.
std::vector<std::string> leftovers(const Make& make);

}  // namespace contract
