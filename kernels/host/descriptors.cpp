#include "host/descriptors.hpp"

#include <cerrno>
#include <system_error>

namespace host {

rlim_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) throw std::system_error(errno, std::generic_category(), "getrlimit");
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  // The hard limit may lie above what the system allows by now (proc(5), fs.nr_open).
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

}  // namespace host
