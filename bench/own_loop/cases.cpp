#include "own_loop/cases.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "backends/backend.hpp"
#include "families/every_backend.hpp"
#include "families/loop_cases.hpp"
#include "text/shown.hpp"

namespace own_loop {

namespace {

constexpr std::string_view advice = "make example-loop NAME=mine writes a file that shows how";

/// Cases and folders have this name.
bool is_name(std::string_view name) {
  constexpr std::size_t longest = 64;
  constexpr std::string_view letters_and_digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  return !name.empty() && name.size() <= longest && letters_and_digits.find(name.front()) != std::string_view::npos &&
         name.find_first_not_of(std::string(letters_and_digits) + "._-") == std::string_view::npos;
}

const loops::Description& only_loop() {
  const auto& all = loops::registry();
  if (all.empty()) {
    throw std::invalid_argument(
        fmt::format("the file registers no loop: it needs an object of type loops::Registration; {}", advice));
  }
  if (all.size() > 1) {
    std::vector<std::string> names;
    for (const loops::Description& each : all) names.push_back(text::quoted(each.name));
    throw std::invalid_argument(
        fmt::format("the file registers {} loops ({}): keep one, and move the others "
                    "to other files",
                    all.size(), fmt::join(names, ", ")));
  }
  return all.front();
}

/// Adds one serial call as the reference if make() gives none. --check has compared two serial calls before the first
/// round. In every round, the answer of each case, also of serial, is compared with the reference.
loops::Work with_reference(loops::Work work) {
  if (work.reference) return work;
  work.reference = [loop = work.loop, parameters = work.parameters] {
    const auto serial = backends::find("serial").make();
    serial->start(loop, 1);
    return serial->run(parameters);
  };
  return work;
}

}  // namespace

loops::Description description(std::span<const std::int64_t> sizes) {
  loops::Description loop = only_loop();
  if (!is_name(loop.name)) {
    throw std::invalid_argument(
        fmt::format("the loop is named {}: use up to 64 letters, digits, dots, underscores and hyphens; the first must "
                    "be a letter or a digit",
                    text::quoted(loop.name)));
  }
  if (loop.make == nullptr) throw std::invalid_argument(fmt::format("loop {} has no .make: {}", loop.name, advice));
  if (!sizes.empty()) loop.sizes.assign(sizes.begin(), sizes.end());
  if (loop.sizes.empty() || std::ranges::min(loop.sizes) < 1) {
    throw std::invalid_argument(
        fmt::format("loop {} has .sizes = {{{}}}: give one or more integers >= 1; make() is "
                    "called with each",
                    loop.name, fmt::join(loop.sizes, ", ")));
  }
  std::ranges::sort(loop.sizes);
  loop.sizes.erase(std::unique(loop.sizes.begin(), loop.sizes.end()), loop.sizes.end());
  return loop;
}

std::vector<bench::Case> cases(const loops::Description& loop, std::span<const int> workers) {
  std::vector<bench::Case> cases;
  for (const std::int64_t size : loop.sizes) {
    const bench::CaseSettings settings =
        bench::loop_settings(fmt::format("loop:{}/size:{}", loop.name, size),
                             [make = loop.make, size] { return with_reference(make(size)); });
    std::ranges::move(bench::under_every_backend(settings, workers, true), std::back_inserter(cases));
    std::ranges::move(bench::after_a_pause(settings, workers.back()), std::back_inserter(cases));
  }
  return cases;
}

}  // namespace own_loop
