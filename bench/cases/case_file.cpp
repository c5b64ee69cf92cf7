#include "cases/case_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>

#include "text/shown.hpp"

namespace bench {

namespace {

std::set<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::set<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  // A folder can be opened, but not read.
  if (!stream.eof())
    throw std::invalid_argument(
        fmt::format("{}: cannot read the names of cases: name a readable file", text::shown_name(file.string())));
  lines.erase("");
  if (lines.empty())
    throw std::invalid_argument(
        fmt::format("{}: the file names no case: write one name per line, as --list=json prints them",
                    text::shown_name(file.string())));
  return lines;
}

}  // namespace

std::vector<Case> named_in(const std::filesystem::path& file, std::vector<Case> cases) {
  std::set<std::string> missing = lines_of(file);
  std::erase_if(cases, [&missing](const Case& each) { return missing.erase(each.name) == 0; });
  if (!missing.empty()) {
    throw std::invalid_argument(
        fmt::format("{}: {} of its cases do not exist, for instance {}: see --benchmark_list_tests=true, "
                    "and whether --largest-n or --memory skips them",
                    text::shown_name(file.string()), missing.size(), text::shown_name(*missing.begin())));
  }
  return cases;
}

}  // namespace bench
