#include "processes/pool/options.hpp"

#include <algorithm>

#include "host/processors.hpp"

namespace processes {

int default_workers() { return std::clamp(host::usable_processors(), 1, most_workers); }

}  // namespace processes
