// Public: `SharedMemory`. The class is in os/, since higher layers use it.
#pragma once

#include "processes/os/memory/shared_memory.hpp"
