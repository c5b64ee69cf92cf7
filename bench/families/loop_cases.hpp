// Cases of any loop. Its reference, or else serial, gives the expected answer.
#pragma once

#include <functional>
#include <string>

#include "cases/case.hpp"
#include "loops/typed.hpp"

namespace bench {

/// A case of family loops. `work` is the loop's part of the name. `make` is called when the first case of the group
/// starts. The caller sets backend, workers and start.
CaseSettings loop_settings(const std::string& work, std::function<loops::Work()> make);

}  // namespace bench
