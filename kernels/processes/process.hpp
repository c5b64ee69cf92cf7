// Public: `Process` and `ExitStatus`. They are in os/, since higher layers use them.
#pragma once

#include "processes/os/process.hpp"
