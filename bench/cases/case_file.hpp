// Selects the cases that a file names.
#pragma once

#include <filesystem>
#include <vector>

#include "cases/case.hpp"

namespace bench {

/// Returns the cases that the file names, one name per line, in the order of `cases`. Throws std::invalid_argument with
/// the file's name if it cannot be read, names no case, or names an unknown one.
std::vector<Case> named_in(const std::filesystem::path& file, std::vector<Case> cases);

}  // namespace bench
