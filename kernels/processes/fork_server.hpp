// Public: `ForkServer`. The class lies in workers/, since the supervisor is forked from it.
#pragma once

#include "processes/workers/fork_server.hpp"
