// What replaces system calls of two processes that are threads of one: see one_mapping.cpp.
#pragma once

// Of ThreadSanitizer's runtime. Its header comes with the compiler, and `make lint` reads without that one's.
extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
}

namespace threads {

/// Whoever finds that a process has ended acquires what that one has released here.
inline char ends_of_processes = 0;

}  // namespace threads
