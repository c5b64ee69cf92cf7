// Whether memory lies in huge pages.
#pragma once

#include <cstddef>
#include <istream>
#include <optional>

namespace bench {

/// Of the mapping that holds the address, the bytes that lie in huge pages, transparent ones, now: pages that nobody
/// has touched lie in none. 0 where no mapping holds it. Nothing without /proc/self/smaps. Source: proc(5),
/// /proc/pid/smaps.
std::optional<std::size_t> huge_page_bytes(const void* address);

/// The same of smaps text that was read from this or any other process.
std::size_t huge_page_bytes(std::istream& smaps, const void* address);

}  // namespace bench
