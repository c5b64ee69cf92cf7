#include "machine/system_files.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <string>

namespace bench {

std::vector<std::filesystem::path> numbered(const std::filesystem::path& folder, std::string_view prefix) {
  std::map<int, std::filesystem::path> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(prefix)) continue;
    int number = 0;
    const char* const end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + prefix.size(), end, number);
    if (parsed.ec == std::errc{} && parsed.ptr == end) found[number] = entry.path();
  }
  std::vector<std::filesystem::path> paths;
  std::ranges::transform(found, std::back_inserter(paths), [](const auto& item) { return item.second; });
  return paths;
}

}  // namespace bench
