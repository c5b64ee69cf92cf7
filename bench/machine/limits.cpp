#include "machine/limits.hpp"

#include "host/memory.hpp"
#include "host/processors.hpp"
#include "host/tasks.hpp"

namespace bench {

Limits limits_here() {
  Limits limits{.processors = host::usable_processors()};
  if (const auto memory = host::available_memory()) limits.memory = *memory;
  if (const auto tasks = host::available_tasks()) limits.tasks = *tasks;
  return limits;
}

}  // namespace bench
