// The loops of this program, by name. A loop is a file that registers itself:
//
//   const loops::Registration registration({.name = "pi", .summary = "...", .sizes = {1'000, 1'000'000}, .make =
//   make});
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "loops/typed.hpp"

namespace loops {

struct Description {
  std::string name = {};                 ///< letters, digits, dots, underscores and hyphens, at most 64
  std::string summary = {};              ///< one line, shown to users
  std::vector<std::int64_t> sizes = {};  ///< arguments of make(), ascending
  Work (*make)(std::int64_t size) = nullptr;
};

/// Every loop of this program, sorted by name.
const std::vector<Description>& registry();

/// The description of that name; throws std::invalid_argument with the list of names if there is none.
const Description& find(std::string_view name);

/// Registers a loop before main: one object of this type in the loop's own file.
class Registration {
 public:
  explicit Registration(Description description);
};

}  // namespace loops
