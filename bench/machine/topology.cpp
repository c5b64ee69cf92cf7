#include "machine/topology.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "machine/system_files.hpp"

namespace bench {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> processor_folders(const fs::path& root) {
  return numbered(root / processors_folder.relative_path(), "cpu");
}

/// The number of distinct values of the file over all processors. -1 is the kernel's "unknown".
std::string count_different(const fs::path& file, const fs::path& root) {
  std::set<std::string> values;
  for (const fs::path& processor : processor_folders(root)) values.insert(read_text(processor / file));
  values.erase(unknown);
  values.erase("-1");
  return values.empty() ? unknown : std::to_string(values.size());
}

/// Turns "32K" into "32 KiB".
std::string readable_size(std::string size) {
  if (size.ends_with('K')) size.replace(size.size() - 1, 1, " KiB");
  return size;
}

}  // namespace

/// Not by core_id: on arm64 it may restart in each cluster of cores.
std::string physical_cores(const fs::path& root) { return count_different("topology/thread_siblings_list", root); }

std::string sockets(const fs::path& root) { return count_different("topology/physical_package_id", root); }

std::string cache(const std::string& level, const std::string& type, const fs::path& root) {
  std::vector<std::pair<std::string, std::set<std::string>>> found;  // sizes, and the CPUs of each cache of that size
  for (const fs::path& processor : processor_folders(root)) {
    for (const fs::path& index : numbered(processor / "cache", "index")) {
      if (read_text(index / "level") != level || read_text(index / "type") != type) continue;
      const std::string size = read_text(index / "size");
      const std::string processors = read_text(index / "shared_cpu_list");
      if (size == unknown || processors == unknown) return unknown;
      auto same = std::ranges::find(found, size, &decltype(found)::value_type::first);
      if (same == found.end()) same = found.insert(found.end(), {size, {}});
      same->second.insert(processors);
    }
  }
  std::vector<std::string> sizes;
  for (const auto& [size, caches] : found) sizes.push_back(fmt::format("{} x {}", readable_size(size), caches.size()));
  return sizes.empty() ? unknown : fmt::format("{}", fmt::join(sizes, ", "));
}

}  // namespace bench
