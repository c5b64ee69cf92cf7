#include "families/families.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <stdexcept>
#include <utility>

namespace bench {

namespace {

/// Sorted: the linker sets the order of the files, and a shuffle by seed must not depend on it.
std::map<std::string, Select, std::less<>>& registry() {
  static std::map<std::string, Select, std::less<>> all;  // a local static: other files' families may register first
  return all;
}

}  // namespace

Family::Family(std::string name, Select select) {
  if (const auto [at, added] = registry().emplace(std::move(name), select); !added) {
    throw std::logic_error(fmt::format("two families are named {}: rename one", at->first));
  }
}

std::vector<std::string> families() {
  std::vector<std::string> names;
  for (const auto& [name, select] : registry()) names.push_back(name);
  return names;
}

Selection select_family(std::string_view name, const Limits& limits) {
  const auto found = registry().find(name);
  if (found == registry().end()) {
    throw std::invalid_argument(
        fmt::format("unknown family '{}': choose one of {}", name, fmt::join(families(), ", ")));
  }
  return found->second(limits);
}

std::vector<Case> all_cases(std::int64_t largest_n, const Limits& limits) {
  std::vector<Case> cases;
  for (const std::string& name : families()) {
    std::ranges::move(log_skipped(select_family(name, limits)), std::back_inserter(cases));
  }
  std::erase_if(cases, [largest_n](const Case& each) {
    return each.from_largest_n > largest_n || each.below_largest_n <= largest_n;
  });
  return cases;
}

}  // namespace bench
