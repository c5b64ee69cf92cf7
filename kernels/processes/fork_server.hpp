// Public: `ForkServer`. The class is in workers/, since supervisors are forked from it.
#pragma once

#include "processes/workers/fork_server.hpp"
