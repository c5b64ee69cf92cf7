#include "machine/limits.hpp"

#include "host/memory.hpp"
#include "host/processors.hpp"
#include "host/tasks.hpp"

namespace bench {

Means means_here() {
  Means means{.processors = host::usable_processors()};
  if (const auto memory = host::available_memory()) means.memory = *memory;
  if (const auto tasks = host::available_tasks()) means.tasks = *tasks;
  return means;
}

}  // namespace bench
