#include "host/huge_pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace host {

namespace {

#ifdef MADV_COLLAPSE
constexpr int collapse = MADV_COLLAPSE;
#else
constexpr int collapse = 25;  // the same in all Linux versions that have it
#endif

}  // namespace

std::size_t page_size() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

std::byte* reserve(std::size_t size, std::size_t boundary) {
  if (size > std::numeric_limits<std::size_t>::max() / 2) return nullptr;
  // mmap cannot align: reserve more, and unmap what is before and after the aligned part.
  const std::size_t page = page_size();
  const std::size_t whole = (size + page - 1) / page * page;
  void* const found = ::mmap(nullptr, whole + boundary, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (found == MAP_FAILED) return nullptr;
  auto* const room = static_cast<std::byte*>(found);
  const std::size_t before = boundary - reinterpret_cast<std::uintptr_t>(room) % boundary;
  const std::size_t after = boundary - before;
  ::munmap(room, before);
  if (after > 0) ::munmap(room + before + whole, after);
  return room + before;
}

void request_huge_pages(std::span<std::byte> mapping, std::size_t begin, std::size_t end) {
  const std::size_t huge_page = huge_page_size();
  const auto past_boundary = (reinterpret_cast<std::uintptr_t>(mapping.data()) + begin) % huge_page;
  std::size_t place = past_boundary == 0 ? begin : begin + huge_page - past_boundary;
  for (end = std::min(end, mapping.size()); place < end && huge_page <= mapping.size() - place; place += huge_page) {
    std::byte* const page = mapping.data() + place;
    // An untouched page cannot be collapsed.
    static_cast<void>(*static_cast<volatile std::byte*>(page));
    // If there is no huge page for this one, there is none for the next, and searching takes long. EAGAIN means that a
    // page was in use for a moment: go on.
    if (::madvise(page, huge_page, collapse) != 0 && errno != EAGAIN) return;
  }
}

}  // namespace host
