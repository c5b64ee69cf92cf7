// Whether there are threads to be had: libraries that make them end the program where there are none.
#pragma once

#include <cstddef>

namespace backends {

/// Whether the calling thread is one of the workers.
enum class Caller { works, waits };

/// Has so many threads at once for a moment, the calling one being the first if it works, each with a stack of so many
/// bytes, or of the system's default size where that is 0. Throws std::runtime_error, which names the limits, if they
/// are not to be had.
void check_threads(int workers, std::size_t stack_size = 0, Caller caller = Caller::works);

}  // namespace backends
