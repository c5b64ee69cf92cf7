// Contended shared state: every task copies one std::shared_ptr, whose reference count all threads of a process write.
#include <cstdint>
#include <memory>

#include "loops/registry.hpp"

namespace {

const std::shared_ptr<const std::int64_t> one = std::make_shared<const std::int64_t>(1);

std::int64_t copy(std::int64_t task) {
  constexpr int copies = 1'000;
  std::int64_t sum = task;
  for (int time = 0; time < copies; ++time) {
    const std::shared_ptr<const std::int64_t> copied = one;
    sum += *copied;
  }
  return sum;
}

const loops::Registration shared_pointer_registration({
    .name = "shared_pointer",
    .summary = "every task copies a std::shared_ptr of the process 1,000 times",
    .sizes = {32, 256, 2'048},
    .make = [](std::int64_t tasks) { return loops::Work{loops::map<copy>({.tasks = tasks})}; },
});

}  // namespace
