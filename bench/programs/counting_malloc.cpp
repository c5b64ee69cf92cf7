// Replaces malloc and related functions, as glibc's manual describes in "Replacing malloc": each counts, then calls
// glibc's own.
#include "programs/counting_malloc.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>

#ifdef __GLIBC__

extern "C" {
// glibc's own functions, which no header declares.
// NOLINTBEGIN(bugprone-reserved-identifier)
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
// NOLINTEND(bugprone-reserved-identifier)
}

namespace {

using Number = std::atomic<std::uint64_t>;
static_assert(Number::is_always_lock_free);

/// On a page that processes share. Allocations before its creation, at program start, are not counted.
constinit Number* number = nullptr;

const bool made = [] {
  void* const page = ::mmap(nullptr, sizeof(Number), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) std::abort();
  number = new (page) Number(0);
  return true;
}();

void count() {
  if (number != nullptr) number->fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

// Parameters are named as in glibc's header.
extern "C" {

void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}

void* calloc(std::size_t nmemb, std::size_t size) {
  count();
  return __libc_calloc(nmemb, size);
}

void* realloc(void* ptr, std::size_t size) {
  count();
  return __libc_realloc(ptr, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** memptr, std::size_t alignment, std::size_t size) {
  if (alignment < sizeof(void*) || (alignment & (alignment - 1)) != 0) return EINVAL;
  count();
  void* const found = __libc_memalign(alignment, size);
  if (found == nullptr) return ENOMEM;
  *memptr = found;
  return 0;
}
}

std::optional<std::uint64_t> counting_malloc::allocations() { return number->load(); }

#else

std::optional<std::uint64_t> counting_malloc::allocations() { return std::nullopt; }

#endif
