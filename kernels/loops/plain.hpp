// Which types may be parameters, data and results: those that are valid in another process and have no padding bytes.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace loops {

namespace fields {

/// Converts to any base class of T: it initialises an aggregate only if that has a base class.
template <class T>
struct BaseOf {
  template <class Base>
    requires(std::is_base_of_v<Base, T> && !std::is_same_v<Base, T>)
  constexpr operator Base() const;  // NOLINT(google-explicit-constructor)
};

inline constexpr std::size_t most = 8;

/// The number of fields of an aggregate: the most pairs of braces that initialise it. `most + 1` if there are more; 0
/// if a field cannot be value-initialised, such as a reference, or if there is a base class.
template <class T>
constexpr std::size_t count_of() {
  if constexpr (requires { T{BaseOf<T>()}; }) {
    return 0;
  } else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}}; }) {
    return most + 1;
  } else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}}; }) {
    return 8;
  } else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}}; }) {
    return 7;
  } else if constexpr (requires { T{{}, {}, {}, {}, {}, {}}; }) {
    return 6;
  } else if constexpr (requires { T{{}, {}, {}, {}, {}}; }) {
    return 5;
  } else if constexpr (requires { T{{}, {}, {}, {}}; }) {
    return 4;
  } else if constexpr (requires { T{{}, {}, {}}; }) {
    return 3;
  } else if constexpr (requires { T{{}, {}}; }) {
    return 2;
  } else {
    return requires { T{{}}; } ? 1 : 0;
  }
}

/// References to the fields of an aggregate with 1 to `most` fields.
template <class T>
constexpr auto of(T& value) {
  constexpr std::size_t count = count_of<std::remove_const_t<T>>();
  if constexpr (count == 1) {
    auto& [a] = value;
    return std::tie(a);
  } else if constexpr (count == 2) {
    auto& [a, b] = value;
    return std::tie(a, b);
  } else if constexpr (count == 3) {
    auto& [a, b, c] = value;
    return std::tie(a, b, c);
  } else if constexpr (count == 4) {
    auto& [a, b, c, d] = value;
    return std::tie(a, b, c, d);
  } else if constexpr (count == 5) {
    auto& [a, b, c, d, e] = value;
    return std::tie(a, b, c, d, e);
  } else if constexpr (count == 6) {
    auto& [a, b, c, d, e, f] = value;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (count == 7) {
    auto& [a, b, c, d, e, f, g] = value;
    return std::tie(a, b, c, d, e, f, g);
  } else {
    auto& [a, b, c, d, e, f, g, h] = value;
    return std::tie(a, b, c, d, e, f, g, h);
  }
}

/// Reads the bytes of a value that may be invalid for its type; std::bit_cast would load it.
template <class To, class From>
To read_as(const From& value) {
  static_assert(sizeof(To) == sizeof(From));
  To bytes{};
  std::memcpy(&bytes, &value, sizeof(To));
  return bytes;
}

template <class T>
struct ArrayOf : std::false_type {};
template <class T, std::size_t size>
struct ArrayOf<std::array<T, size>> : std::true_type {};

template <class T>
struct ComplexOf : std::false_type {};
template <class T>
struct ComplexOf<std::complex<T>> : std::true_type {};

}  // namespace fields

template <class T>
constexpr bool is_plain();

namespace fields {

template <class... Field>
constexpr bool all_plain(const std::tuple<Field&...>* /*type*/, std::size_t size) {
  return (is_plain<std::remove_const_t<Field>>() && ...) && (sizeof(Field) + ... + 0) == size;
}

}  // namespace fields

/// Numbers, enumerations, std::array and std::complex of these, and structs of at most eight such fields without
/// padding: no pointer, reference, container, C array, base class or union. Aligned to at most 16 bytes, as a
/// std::vector's memory is.
template <class T>
constexpr bool is_plain() {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return !std::is_same_v<T, long double>;  // which has padding
  } else if constexpr (fields::ArrayOf<T>::value || fields::ComplexOf<T>::value) {
    return is_plain<typename T::value_type>();
  } else if constexpr (std::is_empty_v<T>) {
    return std::is_trivially_copyable_v<T>;
  } else if constexpr (std::is_class_v<T> && std::is_aggregate_v<T> && std::is_trivially_copyable_v<T>) {
    constexpr std::size_t count = fields::count_of<T>();
    if constexpr (count == 0 || count > fields::most || alignof(T) > alignof(std::max_align_t)) {
      return false;
    } else {
      using Fields = decltype(fields::of(std::declval<T&>()));
      return fields::all_plain(static_cast<const Fields*>(nullptr), sizeof(T));
    }
  } else {
    return false;
  }
}

template <class T>
concept Plain = is_plain<T>();

/// Whether it has no floating-point part: floating-point sums depend on their order.
template <Plain T>
constexpr bool is_exact() {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return !std::is_floating_point_v<T>;
  } else if constexpr (fields::ArrayOf<T>::value || fields::ComplexOf<T>::value) {
    return is_exact<typename T::value_type>();
  } else if constexpr (std::is_empty_v<T>) {
    return true;
  } else {
    return []<class... Field>(const std::tuple<Field&...>* /*type*/) {
      return (is_exact<std::remove_const_t<Field>>() && ...);
    }(static_cast<const decltype(fields::of(std::declval<T&>()))*>(nullptr));
  }
}

/// Equality by value. Floating-point numbers compare by their bits, but all NaN are equal. A bool or an enumeration
/// compares by its byte, since memory that no task wrote may be invalid for its type.
template <Plain T>
bool same(const T& one, const T& other) {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(one) && std::isnan(other)) return true;
    }
    using Bytes = std::array<std::byte, sizeof(T)>;
    return fields::read_as<Bytes>(one) == fields::read_as<Bytes>(other);
  } else if constexpr (fields::ComplexOf<T>::value) {
    return same(one.real(), other.real()) && same(one.imag(), other.imag());
  } else if constexpr (fields::ArrayOf<T>::value) {
    for (std::size_t i = 0; i < one.size(); ++i) {
      if (!same(one[i], other[i])) return false;
    }
    return true;
  } else if constexpr (std::is_empty_v<T>) {
    return true;
  } else {
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
      const auto left = fields::of(one);
      const auto right = fields::of(other);
      return (same(std::get<i>(left), std::get<i>(right)) && ...);
    }(std::make_index_sequence<fields::count_of<T>()>());
  }
}

/// For messages: a number with round-trip precision, a compound value as (a, b, ...).
template <Plain T>
std::string shown(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return shown(fields::read_as<std::underlying_type_t<T>>(value));
  } else if constexpr (std::is_same_v<T, bool>) {
    return shown(fields::read_as<std::uint8_t>(value));
  } else if constexpr (std::is_arithmetic_v<T>) {
    return fmt::format("{}", value);
  } else if constexpr (fields::ComplexOf<T>::value) {
    return fmt::format("({}, {})", value.real(), value.imag());
  } else if constexpr (fields::ArrayOf<T>::value) {
    constexpr std::size_t most_shown = 4;
    std::string text;
    for (std::size_t i = 0; i < value.size() && i < most_shown; ++i) text += (i > 0 ? ", " : "") + shown(value[i]);
    return fmt::format("({}{})", text, value.size() > most_shown ? ", ..." : "");
  } else if constexpr (std::is_empty_v<T>) {
    return "()";
  } else {
    return std::apply(
        [](const auto&... field) {
          std::string text;
          ((text += (text.empty() ? "" : ", ") + shown(field)), ...);
          return "(" + text + ")";
        },
        fields::of(value));
  }
}

}  // namespace loops
