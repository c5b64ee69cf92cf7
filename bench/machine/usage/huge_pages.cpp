#include "machine/usage/huge_pages.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace bench {

namespace {

/// Fields of a mapping that count transparent huge pages: of private memory, shared memory and files.
constexpr std::array<std::string_view, 3> huge_page_fields{"AnonHugePages:", "ShmemPmdMapped:", "FilePmdMapped:"};

}  // namespace

std::size_t huge_page_bytes(std::istream& smaps, const void* address) {
  constexpr std::size_t kibibyte = 1024;
  const auto place = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  std::size_t bytes = 0;
  // A mapping is a line `first-end permissions ...` in hexadecimal digits, then lines `Name: number kB`.
  for (std::string line; std::getline(smaps, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (!name.ends_with(':')) {
      if (inside) break;
      std::istringstream range(name);
      std::uintptr_t first = 0;
      std::uintptr_t end = 0;
      char hyphen = 0;
      inside = (range >> std::hex >> first >> hyphen >> end) && first <= place && place < end;
    } else if (inside && std::ranges::find(huge_page_fields, name) != huge_page_fields.end()) {
      std::size_t kibibytes = 0;
      words >> kibibytes;
      bytes += kibibytes * kibibyte;
    }
  }
  return bytes;
}

std::optional<std::size_t> huge_page_bytes(const void* address) {
  std::ifstream smaps("/proc/self/smaps");
  if (!smaps) return std::nullopt;
  return huge_page_bytes(smaps, address);
}

}  // namespace bench
