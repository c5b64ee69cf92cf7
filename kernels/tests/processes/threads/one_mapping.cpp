// Maps shared memory at one address for all threads. Both ends of a channel map its file, as two processes must. In one
// process they would have it at two addresses. ThreadSanitizer identifies memory by its address, so it would see
// neither races nor synchronisation. So the second end gets the first one's mapping. The linker redirects the calls to
// these functions (--wrap).
#include "one_mapping.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <mutex>
#include <utility>

#include "worker_threads.hpp"

extern "C" {
// NOLINTBEGIN(readability-identifier-naming,bugprone-reserved-identifier): the linker's names
void* __real_mmap(void* place, std::size_t size, int protection, int flags, int file, off_t offset);
int __real_munmap(void* address, std::size_t size);
int __real_poll(pollfd* polled, nfds_t count, int timeout);
int __real_nanosleep(const timespec* time, timespec* rest);
void* __wrap_mmap(void* place, std::size_t size, int protection, int flags, int file, off_t offset);
int __wrap_munmap(void* address, std::size_t size);
void* __wrap_mremap(void* address, std::size_t from, std::size_t to, int flags);
int __wrap_mprotect(void* address, std::size_t size, int protection);
int __wrap_poll(pollfd* polled, nfds_t count, int timeout);
int __wrap_nanosleep(const timespec* time, timespec* rest);
}

namespace {

using Part = std::pair<ino_t, off_t>;  // of a file

struct Mapping {
  void* address = nullptr;
  std::size_t size = 0;
  int users = 0;
};

struct Mappings {
  std::mutex mutex;
  std::map<Part, Mapping> all;
};

Mappings& mappings() {
  static Mappings here;
  return here;
}

/// For a Window (os/memory/window.hpp): the largest size is mapped at once, so that the mapping never moves.
constexpr std::size_t most_of_a_window = std::size_t{64} << 20U;

}  // namespace

void* __wrap_mmap(void* place, std::size_t size, int protection, int flags, int file, off_t offset) {
  if (file < 0 || (flags & MAP_SHARED) == 0) return __real_mmap(place, size, protection, flags, file, offset);
  struct stat found{};
  if (::fstat(file, &found) < 0) return MAP_FAILED;
  auto& [mutex, all] = mappings();
  const std::scoped_lock lock(mutex);
  Mapping& mapping = all[{found.st_ino, offset}];
  if (mapping.users++ > 0) {
    if ((flags & MAP_FIXED) != 0) __real_munmap(place, size);  // the reserved address space
    return mapping.address;
  }
  mapping.size = offset == 0 ? size : std::min(static_cast<std::size_t>(found.st_size - offset), most_of_a_window);
  mapping.address = __real_mmap(place, mapping.size, PROT_READ | PROT_WRITE, flags, file, offset);
  if (mapping.address == MAP_FAILED) all.erase({found.st_ino, offset});
  return mapping.address;
}

int __wrap_munmap(void* address, std::size_t size) {
  auto& [mutex, all] = mappings();
  const std::scoped_lock lock(mutex);
  const auto found = std::ranges::find(all, address, [](const auto& entry) { return entry.second.address; });
  if (found == all.end()) return __real_munmap(address, size);
  if (--found->second.users > 0) return 0;
  const std::size_t whole = found->second.size;
  all.erase(found);
  return __real_munmap(address, whole);
}

/// Without the lock, which would order the two ends.
void* __wrap_mremap(void* address, std::size_t, std::size_t to, int) {
  return to <= most_of_a_window ? address : MAP_FAILED;
}

/// The program writes at the same address what is read-only for workers.
int __wrap_mprotect(void*, std::size_t, int) { return 0; }

int __wrap_poll(pollfd* polled, nfds_t count, int timeout) {
  const int found = __real_poll(polled, count, timeout);
  if (found > 0) __tsan_acquire(&threads::ends_of_processes);
  return found;
}

/// In short pieces, since it does not return early for a thread that must die.
int __wrap_nanosleep(const timespec* time, timespec* rest) {
  constexpr std::chrono::nanoseconds piece = std::chrono::milliseconds(2);
  std::chrono::nanoseconds left = std::chrono::seconds(time->tv_sec) + std::chrono::nanoseconds(time->tv_nsec);
  for (; left > piece; left -= piece) {
    threads::die_if_killed();
    const timespec part{0, piece.count()};
    __real_nanosleep(&part, nullptr);
  }
  threads::die_if_killed();
  const timespec last{0, left.count()};
  return __real_nanosleep(&last, rest);
}
// NOLINTEND(readability-identifier-naming,bugprone-reserved-identifier)
