// Cases of any loop, which is verified by its reference or by serial.
#pragma once

#include <functional>
#include <string>

#include "cases/case.hpp"
#include "loops/typed.hpp"

namespace bench {

/// Of family loops: what the case's name has of the loop, and how the loop is made, which is when the first case of its
/// group begins. The backend, its workers and the start are left open.
CaseSettings loop_settings(const std::string& work, std::function<loops::Work()> make);

}  // namespace bench
