// What a task may be: a function, or an object that is called, with what it has captured.
#pragma once

#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "processes/transport/wire.hpp"
#include "processes/workers/worker.hpp"

namespace processes {

/// What a task that returns nothing sends back.
struct Nothing {
  char nothing = 0;
};

/// What a result is kept as.
template <class Result>
using Kept = std::conditional_t<std::is_void_v<Result>, Nothing, Result>;

/// The parameters that a function was declared with, as types that can be kept; `known` is false for what can be called
/// in several ways, as a lambda with an auto parameter.
template <class Function>
struct Signature {
  static constexpr bool known = false;
};
template <class... Parameter>
struct Declared {
  static constexpr bool known = true;
  static_assert(!((std::is_lvalue_reference_v<Parameter> && !std::is_const_v<std::remove_reference_t<Parameter>>) ||
                  ...),
                "a task changes its own copy of an argument: take it by value or by const&, and return what is new");
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

/// The parameters by which a function takes the arguments given: its own, or else those that they are by themselves.
template <class Function, class... Given>
struct ParametersOf {
  using type = std::tuple<std::decay_t<Given>...>;
};
template <class Function, class... Given>
  requires Signature<Function>::known
struct ParametersOf<Function, Given...> {
  using type = typename Signature<Function>::Parameters;
  static_assert(std::tuple_size_v<type> == sizeof...(Given), "the function takes another number of arguments");
};

/// Throws std::invalid_argument if the object holds an address of the calling thread's stack, above this call.
void reject_stack_addresses(const void* object, std::size_t size);

/// How a function gets to a worker. A pointer is the same function there. An object without captures is made anew. One
/// with captures travels with every task, as the bytes that it is.
template <class Function>
class Callable {
 public:
  static constexpr bool is_pointer = std::is_pointer_v<Function>;
  static constexpr bool is_stateless = std::is_empty_v<Function> && std::is_default_constructible_v<Function>;
  static constexpr bool has_state = !is_pointer && !is_stateless;

  static_assert(std::is_trivially_copyable_v<Function>,
                "what a task's function captures must be trivially copyable: numbers, and structs and arrays of these; "
                "anything else is an argument");
  static_assert(!pointers::held_by<Function>() || is_pointer,
                "what a task's function captures must not be a pointer: it would point into the program's memory");

  /// Throws std::invalid_argument for what has captured a local variable by reference, which no compiler says.
  explicit Callable(Function called) : function_(std::move(called)) {
    if constexpr (has_state) reject_stack_addresses(&function_, sizeof function_);
  }

  /// What tells it from other functions, and all of it if it is a pointer.
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

/// Calls, and gives Nothing for nothing.
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
