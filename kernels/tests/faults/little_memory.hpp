// Workers with little memory.
#pragma once

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace faults {

inline constexpr rlim_t little = rlim_t{16} << 20U;

/// Limits the address space to slightly more than is in use.
inline void leave_little_memory() {
  malloc_trim(0);  // return memory that earlier tests have freed
  std::ifstream statm("/proc/self/statm");
  rlim_t pages = 0;
  statm >> pages;
  const rlim_t limit = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + little;
  const rlimit address_space{limit, limit};
  setrlimit(RLIMIT_AS, &address_space);
}

}  // namespace faults
