// Pages, and huge pages for large arrays of samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace host {

/// The page size in bytes: 4 KiB on x86-64; 4, 16 or 64 KiB on arm64, depending on the kernel's build.
std::size_t page_size();

/// The huge page size in bytes for that page size: what one page of a page table maps, at eight bytes per entry. 2 MiB,
/// 32 MiB or 512 MiB on arm64 (Linux, admin-guide/mm/transhuge.rst: hpage_pmd_size).
inline std::size_t huge_page_size(std::size_t page = page_size()) { return page / sizeof(std::uint64_t) * page; }

/// Reserves address space of that size in whole pages, aligned to `boundary`, a power of two of at least a page. It
/// cannot be accessed until something is mapped over it (MAP_FIXED). nullptr if there is no address space.
std::byte* reserve(std::size_t size, std::size_t boundary);

/// Requests huge pages for those that begin in [begin, end) and are entirely in the mapping. Call it in the thread that
/// fills them, and before it does: they come from that thread's NUMA node. Present data stays. Shared memory gets huge
/// pages by MADV_COLLAPSE (madvise(2), Linux 6.1), whatever shmem_enabled says, except `deny`. If there are none,
/// ordinary pages remain: only a pass over them takes longer.
void request_huge_pages(std::span<std::byte> mapping, std::size_t begin, std::size_t end);

}  // namespace host
