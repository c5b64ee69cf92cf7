// Describes the machine, the build and the state. Every item is read or "unknown"; there are no silent defaults.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bench {

/// Name and value of each item, in the order in which they are shown.
using Items = std::vector<std::pair<std::string, std::string>>;

/// What identifies the machine and the build; the same in every process of a run. Sources: see machine.cpp.
Items describe_machine();

/// What changes from moment to moment. Sources: see state.cpp.
Items describe_state();

}  // namespace bench
