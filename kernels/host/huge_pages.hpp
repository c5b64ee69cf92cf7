// Huge pages for memory that a lot of samples lie in.
#pragma once

#include <cstddef>
#include <span>

namespace host {

/// Bytes that one of them has on x86-64, and on Arm where a page has 4 KiB: one place in the table that translates
/// addresses covers 512 times as much.
inline constexpr std::size_t huge_page = std::size_t{2} << 20U;

/// Has the system put a huge page wherever one begins between the two places and lies in the mapping as a whole. Called
/// by the thread that fills them and before it does, so that they come from the memory nearest to it; what is there
/// already stays. Shared memory gets them this way whatever shmem_enabled says, except `deny`: by MADV_COLLAPSE
/// (madvise(2), Linux 6.1). Where the system has none it gives its ordinary pages, which changes nothing but the time
/// that a pass over them takes.
void request_huge_pages(std::span<std::byte> mapping, std::size_t begin, std::size_t end);

}  // namespace host
