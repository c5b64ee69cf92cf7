// Which types hold a pointer: what it points to is in the memory of the process that made it.
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

/// What a field of an aggregate may be initialised from: whatever it is; a pointer to data alone; a reference alone. To
/// none of them an aggregate within it, which is gone through field by field.
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

/// Whether a trivially copyable type is a pointer to data or holds one, as far as that can be seen: in an aggregate
/// among its first sixteen fields. A reference to a constant cannot be distinguished from a value, and a class with
/// private fields, and a lambda, keep what they hold to themselves.
template <class T>
constexpr bool held_by();

/// A class that shows what is elsewhere: a view, or one that is known to hold a pointer.
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

/// Of the aggregate's fields from that position on; of the first few, which of an array are enough.
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

/// Class templates that are trivially copyable and made for what holds a pointer hold it: std::optional<int*>,
/// iterators.
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
