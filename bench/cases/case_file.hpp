// The cases that a file names.
#pragma once

#include <filesystem>
#include <vector>

#include "cases/case.hpp"

namespace bench {

/// Of these cases, those that the file names, one name a line, in the order that they had. Throws
/// std::invalid_argument, which names the file, if it cannot be read, names nothing, or names what none of these is
/// called.
std::vector<Case> named_in(const std::filesystem::path& file, std::vector<Case> cases);

}  // namespace bench
