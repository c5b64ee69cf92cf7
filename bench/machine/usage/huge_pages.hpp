// Whether memory is in huge pages.
#pragma once

#include <cstddef>
#include <istream>
#include <optional>

namespace bench {

/// The bytes of the address's mapping that are now in transparent huge pages. Untouched pages are in none. 0 for an
/// unmapped address; nothing without /proc/self/smaps. Source: proc(5), /proc/pid/smaps.
std::optional<std::size_t> huge_page_bytes(const void* address);

/// The same from the smaps text of any process.
std::size_t huge_page_bytes(std::istream& smaps, const void* address);

}  // namespace bench
