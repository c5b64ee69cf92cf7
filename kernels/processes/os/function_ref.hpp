// A parameter that takes any callable. Unlike std::function it owns nothing, so that to pass one needs no memory.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace processes {

template <class Signature>
class FunctionRef;

/// Refers to a callable object, which must outlive it: a lambda in a call's own expression does.
template <class Result, class... Argument>
class FunctionRef<Result(Argument...)> {
 public:
  template <class Function>
    requires(!std::is_same_v<std::remove_cvref_t<Function>, FunctionRef> &&
             std::is_object_v<std::remove_reference_t<Function>> &&
             std::is_invocable_r_v<Result, Function&, Argument...>)
  FunctionRef(Function&& function) noexcept  // NOLINT(*-missing-std-forward): it is not moved
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),  // NOLINT(*-const-cast)
        call_([](void* object, Argument... argument) -> Result {
          return (*static_cast<std::remove_reference_t<Function>*>(object))(std::forward<Argument>(argument)...);
        }) {}

  Result operator()(Argument... argument) const { return call_(object_, std::forward<Argument>(argument)...); }

 private:
  void* object_;
  Result (*call_)(void* object, Argument... argument);
};

}  // namespace processes
