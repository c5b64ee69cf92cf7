// What the machine and the build are, and in what state: every item read, or "unknown"; never a silent default.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bench {

/// Items by name, in the order in which they are shown.
using Items = std::vector<std::pair<std::string, std::string>>;

/// What identifies the machine and the build: equal in every process of a run. Sources: see machine.cpp.
Items describe_machine();

/// What varies from moment to moment. Sources: see state.cpp.
Items describe_state();

}  // namespace bench
