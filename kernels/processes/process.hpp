// Public: `Process`, and how a process ended. The class lies in os/, since the layers above fork with it.
#pragma once

#include "processes/os/process.hpp"
