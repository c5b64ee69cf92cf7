// Converts the arguments of callers to the parameters of tasks.
#pragma once

#include <cstddef>
#include <ranges>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "processes/pool/calls/call_batch.hpp"
#include "processes/pool/calls/callable.hpp"
#include "processes/transport/wire.hpp"

namespace processes {

/// How the argument of a waiting caller is stored: by reference if it has the parameter's type.
template <class Parameter, class Given>
using ShownAs = std::conditional_t<std::is_same_v<std::decay_t<Given>, Parameter>, const Parameter&, Parameter>;

/// Stores a copy of what a view parameter refers to.
template <class Parameter, class Given>
Owned<Parameter> own(Given&& given) {
  if constexpr (std::is_convertible_v<Given&&, Owned<Parameter>>) {
    return std::forward<Given>(given);
  } else {
    return Owned<Parameter>(std::ranges::begin(given), std::ranges::end(given));
  }
}

/// The parameter types for items of that type, and the type in which an item is stored.
template <class Arguments, class Function, class Item>
struct Taken;
template <class Function, class Item>
struct Taken<OneArgument, Function, Item> {
  using Parameters = typename ParametersOf<Function, Item>::type;
  using Element = Owned<std::tuple_element_t<0, Parameters>>;
  static Element keep(auto&& item) {
    return own<std::tuple_element_t<0, Parameters>>(std::forward<decltype(item)>(item));
  }
};
template <class Function, class Item>
struct Taken<AllArguments, Function, Item> {
  template <class Positions>
  struct Of;
  template <std::size_t... i>
  struct Of<std::index_sequence<i...>> {
    using Parameters = typename ParametersOf<Function, std::tuple_element_t<i, Item>...>::type;
    using Element = std::tuple<Owned<std::tuple_element_t<i, Parameters>>...>;
    static Element keep(auto&& item) { return Element(own<std::tuple_element_t<i, Parameters>>(std::get<i>(item))...); }
  };
  using Its = Of<std::make_index_sequence<std::tuple_size_v<Item>>>;
  using Parameters = typename Its::Parameters;
  using Element = typename Its::Element;
  static Element keep(auto&& item) { return Its::keep(std::forward<decltype(item)>(item)); }
};
template <class Arguments, class Function, class Items>
using TakenFrom = Taken<Arguments, Function, std::decay_t<std::ranges::range_value_t<Items>>>;

/// Items for starmap: tuples of the first elements of all ranges, of the second ones, and so on. Throws
/// std::invalid_argument if the ranges differ in length.
template <std::ranges::input_range... Ranges>
std::vector<std::tuple<std::ranges::range_value_t<Ranges>...>> zip(
    Ranges&&... ranges) {  // NOLINT(cppcoreguidelines-missing-std-forward): only read
  std::vector<std::tuple<std::ranges::range_value_t<Ranges>...>> zipped;
  std::tuple next{std::ranges::begin(ranges)...};
  const std::tuple ends{std::ranges::end(ranges)...};
  while (true) {
    const auto ended = [&]<std::size_t... i>(std::index_sequence<i...>) {
      return (static_cast<std::size_t>(std::get<i>(next) == std::get<i>(ends)) + ...);
    }(std::index_sequence_for<Ranges...>());
    if (ended == sizeof...(Ranges)) return zipped;
    if (ended > 0) {
      throw std::invalid_argument("zip: one range ends after " + std::to_string(zipped.size()) +
                                  " elements and another one is longer: give ranges of equal length");
    }
    std::apply([&](auto&... iterator) { zipped.emplace_back(*iterator...); }, next);
    std::apply([](auto&... iterator) { (++iterator, ...); }, next);
  }
}

}  // namespace processes
