#include "system_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

namespace bench {

namespace {

constexpr std::string_view space = " \t\r\n";

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return unknown;
  return std::string(text.substr(first, text.find_last_not_of(space) - first + 1));
}

}  // namespace

std::string read_text(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) return unknown;
  std::ostringstream text;
  text << stream.rdbuf();  // nothing if reading fails, as of a process that has just ended
  return trimmed(text.view());
}

std::string read_field(const std::filesystem::path& file, std::string_view key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(key)) continue;
    const auto value = line.find_first_not_of(" \t:", key.size());
    if (value == key.size()) continue;  // a longer key
    return value == std::string::npos ? unknown : trimmed(line.substr(value));
  }
  return unknown;
}

std::string word(const std::string& text, std::size_t index) {
  std::istringstream stream(text);
  std::string found;
  for (std::size_t i = 0; i <= index; ++i) {
    if (!(stream >> found)) return unknown;
  }
  return found;
}

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

std::vector<std::string> read_cgroups(std::string_view controller, const std::filesystem::path& file) {
  // Lines `id:controllers:path`; that of version 2 has no controllers (cgroups(7)).
  const std::filesystem::path root = "/sys/fs/cgroup";
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::vector<std::filesystem::path> mounts;
    if (controllers.empty()) mounts = {root, root / "unified"};
    if (fmt::format(",{},", controllers).find(fmt::format(",{},", controller)) != std::string::npos) {
      mounts = {root / controller, root / controllers};
    }
    for (const auto& mount : mounts) {
      std::vector<std::string> found;
      // In a container the path may be the host's and not be there, and the mount's root is the group itself.
      for (std::filesystem::path group = line.substr(second + 1);; group = group.parent_path()) {
        auto text = read_text(mount / group.relative_path() / file);
        if (text != unknown) found.push_back(std::move(text));
        if (group.relative_path().empty()) break;
      }
      if (!found.empty()) return found;
    }
  }
  return {};
}

}  // namespace bench
