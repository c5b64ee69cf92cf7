#include "host/files.hpp"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <sstream>

namespace host {

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
  text << stream.rdbuf();  // nothing if reading fails, as for a process that has just ended
  return trimmed(text.view());
}

std::string read_field(const std::filesystem::path& file, std::string_view key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(key)) continue;
    const auto value = line.find_first_not_of(" \t:", key.size());
    if (value == key.size()) continue;  // a longer key with this prefix
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

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::filesystem::path> cgroups(std::string_view controller, const std::filesystem::path& root) {
  // Lines `id:controllers:path`; version 2 has no controllers (cgroups(7)).
  const std::filesystem::path mounted = root / "sys/fs/cgroup";
  std::vector<std::filesystem::path> found;
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::vector<std::filesystem::path> mounts;
    if (controllers.empty()) mounts = {mounted, mounted / "unified"};
    if (fmt::format(",{},", controllers).find(fmt::format(",{},", controller)) != std::string::npos) {
      mounts = {mounted / controller};
      if (controllers != controller) mounts.push_back(mounted / controllers);
    }
    for (const auto& mount : mounts) {
      // In a container the path may be the host's and not exist; the mount's root is the group itself then.
      for (std::filesystem::path group = line.substr(second + 1);; group = group.parent_path()) {
        found.push_back(mount / group.relative_path());
        if (group.relative_path().empty()) break;
      }
    }
  }
  return found;
}

std::vector<std::string> read_cgroups(std::string_view controller, const std::filesystem::path& file,
                                      const std::filesystem::path& root) {
  std::vector<std::string> found;
  for (const auto& group : cgroups(controller, root)) {
    auto text = read_text(group / file);
    if (text != unknown) found.push_back(std::move(text));
  }
  return found;
}

}  // namespace host
