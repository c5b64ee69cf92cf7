// `--machine`: what the machine is, and its state, for programs that read it.
#pragma once

#include <string>

namespace bench {

/// A JSON object of two, machine and state, whose items are strings in the order of describe_machine() and
/// describe_state().
std::string machine_description();

}  // namespace bench
