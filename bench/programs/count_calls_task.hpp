// The task of count_calls.
#pragma once

#include <cstdint>

namespace count_calls {

std::int64_t task(std::int64_t position);

}  // namespace count_calls
