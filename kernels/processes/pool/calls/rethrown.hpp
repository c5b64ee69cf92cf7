// Exceptions of tasks that are rethrown to callers with their own type.
#pragma once

#include <exception>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "processes/transport/wire.hpp"
#include "processes/workers/worker.hpp"

namespace processes {

namespace detail {

template <class Exception>
inline constexpr bool has_serialize =
    cereal::traits::is_output_serializable<Exception, cereal::BinaryOutputArchive>::value;

/// False if the exception being handled has another type; a derived class counts as another type.
template <class Exception>
bool put_thrown(Encoder& out) {
  try {
    throw;
  } catch (const Exception& thrown) {
    if (typeid(thrown) != typeid(Exception)) return false;
    if constexpr (has_serialize<Exception>) {
      out.put(thrown);
    } else {
      out.put(message_of(thrown));
    }
    return true;
  } catch (...) {
    return false;
  }
}

template <class Exception>
std::exception_ptr take_thrown(Decoder& in) {
  if constexpr (has_serialize<Exception>) {
    return std::make_exception_ptr(in.get<Exception>());
  } else {
    return std::make_exception_ptr(Exception(in.get<std::string>()));
  }
}

}  // namespace detail

/// For PoolOptions::rethrown. If a task throws exactly one of these types (not a class derived from it), Future::get()
/// and the other calls throw the same exception. It is sent by its serialize() if it has one; otherwise it is
/// constructed from its what().
template <class... Exception>
std::vector<Rethrown> rethrown() {
  static_assert(((detail::has_serialize<Exception> ||
                  (std::is_base_of_v<std::exception, Exception> && std::is_constructible_v<Exception, std::string>)) &&
                 ...),
                "a rethrown exception needs a serialize() for cereal, or derives from std::exception and can be "
                "constructed from a std::string");
  return {Rethrown{&detail::put_thrown<Exception>, &detail::take_thrown<Exception>}...};
}

}  // namespace processes
