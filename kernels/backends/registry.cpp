#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "backends/backend.hpp"
#include "text/shown.hpp"

namespace backends {

namespace {

std::vector<Description>& registered() {
  static std::vector<Description> descriptions;  // function-local: other files may register earlier
  return descriptions;
}

}  // namespace

std::string_view name(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::threads:
      return "threads";
    case Mechanism::processes:
      return "processes";
    case Mechanism::neither:
      break;
  }
  return "neither";
}

Registration::Registration(Description description) {
  auto& all = registered();
  // The linker decides the order of registration; users see a sorted list.
  const auto key = [](const Description& d) { return std::pair(d.name != "serial", d.name); };
  all.insert(std::ranges::upper_bound(all, key(description), {}, key), std::move(description));
}

const std::vector<Description>& registry() { return registered(); }

std::vector<LeftOut> left_out() {
  std::vector<LeftOut> all;
  std::istringstream lines(PARZEN_LEFT_OUT);  // `name=reason` pairs, separated by |, from CMake
  for (std::string line; std::getline(lines, line, '|');) {
    const auto split = line.find('=');
    all.push_back({line.substr(0, split), line.substr(split + 1)});
  }
  return all;
}

const Description& find(std::string_view name) {
  const auto& all = registry();
  const auto found = std::ranges::find(all, name, &Description::name);
  if (found != all.end()) return *found;
  std::vector<std::string> names;
  std::ranges::transform(all, std::back_inserter(names), &Description::name);
  for (const LeftOut& missing : left_out()) {
    if (missing.name == name) {
      throw std::invalid_argument(fmt::format("the backend '{}' is not in this build ({}): choose one of {}", name,
                                              missing.reason, fmt::join(names, ", ")));
    }
  }
  throw std::invalid_argument(
      fmt::format("there is no backend named {}: choose one of {}", text::quoted(name), fmt::join(names, ", ")));
}

}  // namespace backends
