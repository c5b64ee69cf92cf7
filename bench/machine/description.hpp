// `--machine`: the machine and its state as JSON, for programs.
#pragma once

#include <string>

namespace bench {

/// A JSON object with `machine` and `state`. Their items are strings, in the order of describe_machine() and
/// describe_state().
std::string machine_description();

}  // namespace bench
