#include "processes/os/memory/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>

namespace processes::futex {

static_assert(sizeof(std::time_t) == sizeof(long), "SYS_futex takes a 64-bit time on such systems only");

bool wait(const void* word, std::uint32_t value, std::chrono::nanoseconds longest) noexcept {
  const auto rest = std::max(longest, std::chrono::nanoseconds(0));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(rest);
  const timespec time{seconds.count(), (rest - seconds).count()};
  return ::syscall(SYS_futex, word, FUTEX_WAIT, value, &time, nullptr, 0) == 0 || errno != ETIMEDOUT;
}

void wake(const void* word) noexcept { ::syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0); }

}  // namespace processes::futex
