#include "means.hpp"

#include "host/memory.hpp"
#include "host/processors.hpp"

namespace bench {

Means means_here() {
  Means means{.processors = host::usable_processors()};
  if (const auto memory = host::available_memory()) means.memory = *memory;
  return means;
}

}  // namespace bench
