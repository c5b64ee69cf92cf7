// Pages, and huge pages for memory that a lot of samples lie in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace host {

/// Bytes of a page: 4 KiB on x86-64; 4, 16 or 64 KiB on arm64, as the kernel was built.
std::size_t page_size();

/// Bytes of a huge page where a page has so many: what one page of the table that translates addresses covers, at eight
/// bytes an entry. 2 MiB, 32 MiB or 512 MiB on arm64 (Linux, admin-guide/mm/transhuge.rst: hpage_pmd_size).
inline std::size_t huge_page_size(std::size_t page = page_size()) { return page / sizeof(std::uint64_t) * page; }

/// Address space of that many bytes, in whole pages, from a multiple of `boundary` on, a power of two and at least a
/// page. Nothing can be read or written there before something else is mapped in its place (MAP_FIXED). nullptr where
/// there is no room.
std::byte* reserve(std::size_t size, std::size_t boundary);

/// Has the system put a huge page wherever one begins between the two places and lies in the mapping as a whole. Called
/// by the thread that fills them and before it does, so that they come from the memory nearest to it; what is there
/// already stays. Shared memory gets them this way whatever shmem_enabled says, except `deny`: by MADV_COLLAPSE
/// (madvise(2), Linux 6.1). Where the system has none it gives its ordinary pages, which changes nothing but the time
/// that a pass over them takes.
void request_huge_pages(std::span<std::byte> mapping, std::size_t begin, std::size_t end);

}  // namespace host
