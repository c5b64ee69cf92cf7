#include "programs/count_calls_task.hpp"

std::int64_t count_calls::task(std::int64_t position) { return position; }
