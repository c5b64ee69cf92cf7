#include "loops/registry.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "text/shown.hpp"

namespace loops {

namespace {

std::vector<Description>& registered() {
  static std::vector<Description> all;  // function-local: other files may register earlier
  return all;
}

}  // namespace

Registration::Registration(Description description) {
  auto& all = registered();
  all.insert(std::ranges::upper_bound(all, description.name, {}, &Description::name), std::move(description));
}

const std::vector<Description>& registry() { return registered(); }

const Description& find(std::string_view name) {
  const auto& all = registry();
  const auto found = std::ranges::find(all, name, &Description::name);
  if (found != all.end()) return *found;
  std::vector<std::string_view> names;
  for (const Description& each : all) names.push_back(each.name);
  throw std::invalid_argument(
      fmt::format("there is no loop named {}: choose one of {}", text::quoted(name), fmt::join(names, ", ")));
}

}  // namespace loops
