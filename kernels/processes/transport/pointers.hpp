// Detects types with pointers: what they point to exists only in the sending process.
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <ranges>
#include <type_traits>
#include <utility>

namespace processes::pointers {

template <class T>
inline constexpr bool points_to_data = std::is_pointer_v<T> && !std::is_function_v<std::remove_pointer_t<T>>;

/// Three types that a field of an aggregate may be initialised from: any type; only a pointer to data; only a
/// reference. None converts to a nested aggregate, which is checked field by field.
struct Any {
  template <class T>
    requires(std::is_scalar_v<T> || (std::is_class_v<T> && !std::is_aggregate_v<T>))
  operator T() const;  // NOLINT(google-explicit-constructor)
};
struct Pointer {
  template <class T>
    requires(!std::is_function_v<T>)
  operator T*() const;  // NOLINT(google-explicit-constructor)
};
struct Reference {
  template <class T>
  operator T&() const;  // NOLINT(google-explicit-constructor)
};

/// Whether a trivially copyable type is or has a pointer to data, as far as the compiler can see: in an aggregate,
/// among its first sixteen fields. A const reference looks like a value. Private fields and the captures of a lambda
/// are not visible.
template <class T>
constexpr bool held_by();

/// A class that refers to other memory: a view, or a class known to have a pointer.
struct Shown {
  template <class T>
    requires(std::is_class_v<T> && !std::is_aggregate_v<T> && std::is_trivially_copyable_v<T> &&
             (std::ranges::view<T> || held_by<T>()))
  operator T() const;  // NOLINT(google-explicit-constructor)
};

template <class T, class Last, std::size_t... before>
constexpr bool takes(std::index_sequence<before...> /*positions*/) {
  return requires { T{(static_cast<void>(before), Any())..., Last()}; };
}

/// Checks the aggregate's fields from that position on. Of an array, only the first few.
template <class T, std::size_t position = 0>
constexpr bool any_field() {
  constexpr std::size_t most = 16;
  constexpr auto before = std::make_index_sequence<position>();
  if constexpr (position == most) {
    return false;
  } else if constexpr (takes<T, Any>(before)) {
    return takes<T, Pointer>(before) || takes<T, Shown>(before) || any_field<T, position + 1>();
  } else {
    return takes<T, Reference>(before);
  }
}

/// Trivially copyable class templates whose argument has a pointer, such as std::optional<int*> and iterators.
template <class T>
struct IsMadeFor : std::false_type {};
template <template <class...> class Of, class... Argument>
struct IsMadeFor<Of<Argument...>>
    : std::bool_constant<((points_to_data<Argument> || std::ranges::view<Argument> || held_by<Argument>()) || ...)> {};
template <class T>
struct IsMadeFor<std::reference_wrapper<T>> : std::true_type {};
template <class T>
struct IsMadeFor<std::initializer_list<T>> : std::true_type {};

template <class T>
constexpr bool held_by() {
  if constexpr (std::is_class_v<T> && std::is_trivially_copyable_v<T>) {
    if constexpr (std::is_aggregate_v<T> && !std::is_empty_v<T> && !IsMadeFor<T>::value) {
      return any_field<T>();
    } else {
      return IsMadeFor<T>::value;
    }
  } else {
    return points_to_data<T>;
  }
}

}  // namespace processes::pointers
