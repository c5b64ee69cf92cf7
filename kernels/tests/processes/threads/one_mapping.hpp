// What stands in for system calls of two processes that are threads of one: see one_mapping.cpp.
#pragma once

namespace threads {

/// For ThreadSanitizer: whoever finds that a process has ended acquires what that one has released here.
inline char ends_of_processes = 0;

}  // namespace threads
