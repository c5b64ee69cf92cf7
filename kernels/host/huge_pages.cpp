#include "host/huge_pages.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace host {

namespace {

#ifdef MADV_COLLAPSE
constexpr int collapse = MADV_COLLAPSE;
#else
constexpr int collapse = 25;  // the same in every version of Linux that has it
#endif

}  // namespace

void request_huge_pages(std::span<std::byte> mapping, std::size_t begin, std::size_t end) {
  const auto past_boundary = (reinterpret_cast<std::uintptr_t>(mapping.data()) + begin) % huge_page;
  std::size_t place = past_boundary == 0 ? begin : begin + huge_page - past_boundary;
  for (end = std::min(end, mapping.size()); place < end && huge_page <= mapping.size() - place; place += huge_page) {
    std::byte* const page = mapping.data() + place;
    // There is nothing to collapse until somebody has touched it.
    static_cast<void>(*static_cast<volatile std::byte*>(page));
    // Who has no huge page for this one has none for the next, and searching takes long; unless only a page of it was
    // in use for the moment.
    if (::madvise(page, huge_page, collapse) != 0 && errno != EAGAIN) return;
  }
}

}  // namespace host
