// A more expensive task than that of count_calls, as COSTLIER says: `make counts` has to find the difference.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "programs/count_calls_task.hpp"

namespace {

std::string_view costlier() {
  const char* const value = std::getenv("COSTLIER");
  return value == nullptr ? "" : value;
}

const bool with_system_call = costlier() == "system_call";
const bool with_allocation = costlier() == "allocation";

}  // namespace

std::int64_t count_calls::task(std::int64_t position) {
  if (with_system_call) ::getppid();
  if (with_allocation) return std::vector<std::int64_t>{position}.front();
  return position;
}
