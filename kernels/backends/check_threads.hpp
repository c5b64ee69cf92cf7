// Checks whether the system allows enough threads: thread libraries end the program if it does not.
#pragma once

#include <cstddef>

namespace backends {

/// Whether the calling thread is one of the workers.
enum class Caller { works, waits };

/// Creates that many threads at once for a moment; the calling thread counts if it works. Each has a stack of
/// `stack_size` bytes, or of the system's default size for 0. Throws std::runtime_error, which names the limits, if the
/// system denies one.
void check_threads(int workers, std::size_t stack_size = 0, Caller caller = Caller::works);

}  // namespace backends
