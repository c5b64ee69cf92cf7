// The callables that a task may run: functions and function objects, with or without captures.
#pragma once

#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "processes/transport/wire.hpp"
#include "processes/workers/worker.hpp"

namespace processes {

/// The result of a task that returns void.
struct Nothing {
  char nothing = 0;
};

/// The type in which a result is stored.
template <class Result>
using Kept = std::conditional_t<std::is_void_v<Result>, Nothing, Result>;

/// The declared parameters of a function, as decayed types. `known` is false for overloaded or generic callables, such
/// as a lambda with an auto parameter.
template <class Function>
struct Signature {
  static constexpr bool known = false;
};
template <class... Parameter>
struct Declared {
  static constexpr bool known = true;
  static_assert(
      !((std::is_lvalue_reference_v<Parameter> && !std::is_const_v<std::remove_reference_t<Parameter>>) || ...),
      "a task changes its own copy of an argument: take it by value or by const&, and return the changed value");
  using Parameters = std::tuple<std::decay_t<Parameter>...>;
};
template <class Result, class... Parameter>
struct Signature<Result (*)(Parameter...)> : Declared<Parameter...> {};
template <class Result, class... Parameter>
struct Signature<Result (*)(Parameter...) noexcept> : Declared<Parameter...> {};

template <class Member>
struct SignatureOfMember;
template <class Class, class Result, class... Parameter>
struct SignatureOfMember<Result (Class::*)(Parameter...)> : Declared<Parameter...> {};
template <class Class, class Result, class... Parameter>
struct SignatureOfMember<Result (Class::*)(Parameter...) const> : Declared<Parameter...> {};
template <class Class, class Result, class... Parameter>
struct SignatureOfMember<Result (Class::*)(Parameter...) noexcept> : Declared<Parameter...> {};
template <class Class, class Result, class... Parameter>
struct SignatureOfMember<Result (Class::*)(Parameter...) const noexcept> : Declared<Parameter...> {};
template <class Function>
  requires requires { &Function::operator(); }
struct Signature<Function> : SignatureOfMember<decltype(&Function::operator())> {};

/// The parameter types for these arguments: the declared ones, or the decayed argument types if `known` is false.
template <class Function, class... Given>
struct ParametersOf {
  using type = std::tuple<std::decay_t<Given>...>;
};
template <class Function, class... Given>
  requires Signature<Function>::known
struct ParametersOf<Function, Given...> {
  using type = typename Signature<Function>::Parameters;
  static_assert(std::tuple_size_v<type> == sizeof...(Given), "the function takes a different number of arguments");
};

/// Throws std::invalid_argument if the object's bytes include an address on the calling thread's stack, above this
/// call.
void reject_stack_addresses(const void* object, std::size_t size);

/// How a function gets to a worker. A function pointer is valid there too. A function object without captures is
/// recreated there. One with captures is sent with every task, as its bytes.
template <class Function>
class Callable {
 public:
  static constexpr bool is_pointer = std::is_pointer_v<Function>;
  static constexpr bool is_stateless = std::is_empty_v<Function> && std::is_default_constructible_v<Function>;
  static constexpr bool has_state = !is_pointer && !is_stateless;

  static_assert(std::is_trivially_copyable_v<Function>,
                "what a task's function captures must be trivially copyable: numbers, or structs and arrays of these; "
                "pass anything else as an argument");
  static_assert(!pointers::held_by<Function>() || is_pointer,
                "what a task's function captures must not be a pointer: it would point into the program's memory");

  /// Throws std::invalid_argument if a local variable was captured by reference, which no compiler diagnoses.
  explicit Callable(Function called) : function_(std::move(called)) {
    if constexpr (has_state) reject_stack_addresses(&function_, sizeof function_);
  }

  /// Identifies the function. For a function pointer, it is the pointer.
  template <Runner runner>
  [[nodiscard]] ErasedFunction erased() const {
    if constexpr (is_pointer) {
      return reinterpret_cast<ErasedFunction>(function_);
    } else {
      return reinterpret_cast<ErasedFunction>(runner);
    }
  }

  void put(Encoder& out) const {
    if constexpr (has_state) out.put_object(function_);
  }
  static Function get(ErasedFunction erased, Decoder& in) {
    if constexpr (is_pointer) {
      return reinterpret_cast<Function>(erased);
    } else if constexpr (is_stateless) {
      return Function{};
    } else {
      return in.get_object<Function>();
    }
  }

  [[nodiscard]] const Function& function() const { return function_; }

 private:
  Function function_;
};

template <class Function, class Parameters>
struct ResultOf;
template <class Function, class... Parameter>
struct ResultOf<Function, std::tuple<Parameter...>> {
  using type = std::invoke_result_t<Function&, Parameter...>;
};

/// Calls the function; returns Nothing if that returns void.
template <class Function, class Parameters>
auto call_with(Function& function, Parameters&& parameters) {
  using Result = decltype(std::apply(function, std::forward<Parameters>(parameters)));
  if constexpr (std::is_void_v<Result>) {
    std::apply(function, std::forward<Parameters>(parameters));
    return Nothing{};
  } else {
    return std::apply(function, std::forward<Parameters>(parameters));
  }
}

}  // namespace processes
