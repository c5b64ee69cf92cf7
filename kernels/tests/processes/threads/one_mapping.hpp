// Replaces system calls of two processes that are threads of one: see one_mapping.cpp.
#pragma once

// From ThreadSanitizer's runtime. Its header is part of the compiler, and `make lint` does not use that one's.
extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
}

namespace threads {

/// Released when a process ends, and acquired by those that find that it has ended.
inline char ends_of_processes = 0;

}  // namespace threads
