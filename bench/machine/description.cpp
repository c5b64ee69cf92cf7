#include "machine/description.hpp"

#include <nlohmann/json.hpp>

#include "machine/machine.hpp"
#include "text/shown.hpp"

namespace bench {

namespace {

nlohmann::ordered_json as_json(const Items& items) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [name, value] : items) object[name] = text::escaped(value);
  return object;
}

}  // namespace

std::string machine_description() {
  const nlohmann::ordered_json description{{"machine", as_json(describe_machine())},
                                           {"state", as_json(describe_state())}};
  return description.dump(2);
}

}  // namespace bench
