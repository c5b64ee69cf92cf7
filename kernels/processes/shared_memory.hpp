// Public: `SharedMemory`. The class lies in os/, since transport/ and the layers above use it.
#pragma once

#include "processes/os/memory/shared_memory.hpp"
