#include "cases/case_list.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

namespace {

nlohmann::ordered_json described(const Case& one) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = one.name.find('/', begin);
    parts.push_back(one.name.substr(begin, end - begin));
  }
  const auto require = [&one](bool good) {
    if (!good) throw std::logic_error(fmt::format("{} is not family/backend/key:value/...", one.name));
  };
  require(parts.size() >= 2);
  nlohmann::ordered_json parameters = nlohmann::ordered_json::object();
  for (const std::string& part : std::span(parts).subspan(2)) {
    const auto colon = part.find(':');
    require(colon != std::string::npos && !parameters.contains(part.substr(0, colon)));
    parameters[part.substr(0, colon)] = part.substr(colon + 1);
  }
  return {
      {"name", one.name},    {"full_name", full_name(one)}, {"group", one.group},     {"family", parts[0]},
      {"backend", parts[1]}, {"parameters", parameters},    {"kind", name(one.kind)},
  };
}

}  // namespace

std::string case_list(std::span<const Case> cases) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Case& one : cases) list.push_back(described(one));
  return list.dump(1);
}

}  // namespace bench
