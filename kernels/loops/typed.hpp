// Loops made of typed functions. The function is a template argument, so the compiler inlines it into the loop over the
// tasks: serial is as fast as a hand-written loop.
//
//   double square(std::int64_t task);                                   the result of one task, for map<square>
//   double sum(loops::Range tasks);                                     one result for a range, for
//                                                                       reduce<sum, std::plus<>>
//
// Before the last parameter there may be, in this order,
//
//   const Parameters&          changes from call to call: a plain struct of at most 64 KiB (plain.hpp)
//   std::span<const Element>   the data: the same in every call, in shared memory
//   Part<Element>              with reduce(), instead: data that is made in parts, an element per task
//
// A function with several results a task returns void and writes them to a last parameter, std::span<Element>. These
// are zero-initialised only with reduce().
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "loops/loop.hpp"
#include "loops/plain.hpp"

namespace loops {

/// A loop, the parameters of one call, and its expected answer; without `reference`, the answer of serial.
struct Work {
  Loop loop;
  std::vector<std::byte> parameters = {};
  std::function<std::vector<std::byte>()> reference = {};
};

template <Plain T>
std::vector<std::byte> bytes_of(const T& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  return {bytes.begin(), bytes.end()};
}

/// Shared memory with a copy of these values.
template <Plain T>
processes::SharedMemory shared(std::span<const T> values) {
  if (values.empty()) return {};
  processes::SharedMemory memory(values.size_bytes());
  std::memcpy(memory.data(), values.data(), values.size_bytes());
  return memory;
}

template <Plain T>
processes::SharedMemory shared(const std::vector<T>& values) {
  return shared(std::span(values));
}

/// Data that is made in parts, an element per task: data[task] is that of a task of the function's range.
template <Plain Element>
class Part {
 public:
  Part(std::span<const Element> elements, std::int64_t first) : elements_(elements), first_(first) {}

  const Element& operator[](std::int64_t task) const { return elements_[static_cast<std::size_t>(task - first_)]; }

 private:
  std::span<const Element> elements_;
  std::int64_t first_;
};

/// The options of a loop.
struct Shape {
  std::int64_t tasks = 0;
  std::size_t elements = 1;  ///< results of a task (of a block with reduce) if the function writes them to a span
  processes::SharedMemory data = {};  ///< see shared()
  /// For reduce() with a Part<Element>: makes or reads the elements of a range of tasks; see Loop::make and shared().
  std::function<processes::SharedMemory(Range tasks)> make = {};
  /// Max number of blocks. 0: 4,096, or 256 with reduce(). That is enough for 64 workers, and few enough that even a
  /// block of short tasks is much longer than its overhead.
  std::int64_t blocks = 0;
};

namespace typed {

inline constexpr std::int64_t most_blocks_to_merge = 256;

template <class T>
struct SpanOf : std::false_type {
  using Element = void;
};
template <class T>
struct SpanOf<std::span<T>> : std::true_type {
  using Element = T;
};
template <class T>
inline constexpr bool is_data = SpanOf<T>::value && std::is_const_v<typename SpanOf<T>::Element>;
template <class T>
inline constexpr bool is_results = SpanOf<T>::value && !std::is_const_v<typename SpanOf<T>::Element>;

template <class T>
struct PartOf : std::false_type {};
template <class T>
struct PartOf<Part<T>> : std::true_type {
  using Element = T;
};

/// The type of the function's parameter by reference: the parameters of a call; NoParameters if there is none.
template <class... Taken>
struct ParametersOf {
  using Type = void;
};
template <class First, class... Others>
struct ParametersOf<First, Others...> {
  using Type = std::conditional_t<std::is_lvalue_reference_v<First>, std::remove_cvref_t<First>, void>;
};

template <class Parameters>
const Parameters& parameters_in(const Input& input) {
  static_assert(Plain<Parameters>,
                "a loop's parameters are copied into other processes: use a struct of at most eight numbers, "
                "enumerations, std::array or std::complex of these, without padding; no pointer, no reference, no "
                "container, no C array. Large input is data: std::span<const Element>");
  static_assert(sizeof(Parameters) <= most_parameter_bytes,
                "a loop's parameters are limited to 64 KiB, since they are sent with every call: make them data");
  return *reinterpret_cast<const Parameters*>(input.parameters);
}

template <class Element>
std::span<const Element> data_in(const Input& input) {
  static_assert(Plain<Element>, "a loop's data is in shared memory: use numbers or structs of numbers");
  return {reinterpret_cast<const Element*>(input.data.data()), input.data.size() / sizeof(Element)};
}

/// The argument of type `Taken`. `results` is the span that the function writes to, if it has one.
template <class Taken, class Position, class Element>
decltype(auto) argument(const Input& input, Position position, std::span<Element> results) {
  if constexpr (std::is_same_v<Taken, Position>) {
    return position;
  } else if constexpr (is_data<Taken>) {
    return data_in<std::remove_const_t<typename SpanOf<Taken>::Element>>(input);
  } else if constexpr (PartOf<Taken>::value) {
    return Taken(data_in<typename PartOf<Taken>::Element>(input), input.first_task);
  } else if constexpr (is_results<Taken>) {
    return results;
  } else {
    static_assert(
        std::is_lvalue_reference_v<Taken>,
        "a loop's function takes const Parameters&, std::span<const Element> and its task, in this order; the "
        "first two may be missing. For map<> the task is a std::int64_t, for reduce<> a loops::Range");
    return parameters_in<std::remove_cvref_t<Taken>>(input);
  }
}

template <class Returned, class... Taken>
struct ElementOf {
  using Type = Returned;
};
template <class... Taken>
struct ElementOf<void, Taken...> {
  using Last = std::tuple_element_t<sizeof...(Taken), std::tuple<void*, Taken...>>;
  using Type = std::conditional_t<is_results<Last>, typename SpanOf<Last>::Element, void>;
};

/// The function's type comes from a pointer to it: g++ 12 cannot use the address of a function-local lambda as a
/// template argument.
template <auto function, class Pointer = decltype(+function)>
struct Call {
  static_assert(!std::is_same_v<Pointer, Pointer>,
                "a loop needs a function or a lambda without captures: pass what it reads as its arguments, "
                "const Parameters& and std::span<const Element>");
};

template <auto function, class Returned, bool nothrow, class... Taken>
struct Call<function, Returned (*)(Taken...) noexcept(nothrow)> {
  using Parameters = typename ParametersOf<Taken...>::Type;
  using Element = typename ElementOf<Returned, Taken...>::Type;
  static constexpr bool writes = std::is_void_v<Returned>;

  static_assert(
      !std::is_void_v<Element>,
      "a loop's function returns its result, or writes its results to its last parameter, std::span<Element>");
  static_assert(Plain<Element>,
                "the result of a task has a fixed size: a number, an enumeration, std::array or std::complex of these, "
                "or a struct of at most eight such fields without padding (no pointer, no container, no std::string). "
                "Several results of a task: write them into a last parameter of type std::span<Element>");

  template <class Position>
  static void at(const Input& input, Position position, std::span<Element> results) {
    if constexpr (writes) {
      function(argument<Taken>(input, position, results)...);
    } else {
      results.front() = function(argument<Taken>(input, position, results)...);
    }
  }

  static constexpr std::size_t parameter_bytes() {
    if constexpr (std::is_void_v<Parameters>) {
      return 0;
    } else {
      return sizeof(Parameters);
    }
  }

  static std::span<const Element> elements(std::span<const std::byte> result) {
    return {reinterpret_cast<const Element*>(result.data()), result.size() / sizeof(Element)};
  }

  static Loop loop(const Shape& shape, std::int64_t blocks) {
    if (shape.elements < 1) throw std::invalid_argument("a loop has 0 elements a task: give 1 or more");
    if (!writes && shape.elements > 1) {
      throw std::invalid_argument(
          "a function that returns its result has one element: for several, add std::span<Element> as its "
          "last parameter and write them there");
    }
    Loop made;
    made.tasks = shape.tasks;
    made.blocks = shape.blocks > 0 ? shape.blocks : blocks;
    made.parameter_bytes = parameter_bytes();
    made.result_bytes = sizeof(Element) * shape.elements;
    made.data = shape.data;
    made.make = shape.make;
    if ((PartOf<Taken>::value || ...) != (shape.make != nullptr)) {
      throw std::invalid_argument(
          "a loop's function takes its data as a loops::Part<Element> if, and only if, the loop has `make`");
    }
    made.exact = is_exact<Element>();
    made.same = [](std::span<const std::byte> one, std::span<const std::byte> other) {
      return std::ranges::equal(elements(one), elements(other),
                                [](const Element& a, const Element& b) { return same(a, b); });
    };
    made.shown = [](std::span<const std::byte> result) {
      const auto all = elements(result);
      constexpr std::size_t most_shown = 4;
      std::string text;
      for (const Element& each : all.first(std::min(all.size(), most_shown)))
        text += (text.empty() ? "" : ", ") + shown(each);
      return all.size() > most_shown ? text + ", ..." : text;
    };
    return made;
  }
};

}  // namespace typed

/// One result per task, in the order of the tasks. (The template parameter's name appears in the compiler's error for a
/// lambda with captures.)
template <auto function_without_captures>
Loop map(const Shape& shape) {
  using Call = typed::Call<function_without_captures>;
  using Element = typename Call::Element;
  Loop loop = Call::loop(shape, most_blocks);
  loop.run = [](const Input& input, Range tasks, std::byte* results) {
    const std::size_t elements = Call::writes ? input.result_bytes / sizeof(Element) : 1;
    auto* next = reinterpret_cast<Element*>(results);
    for (std::int64_t task = tasks.begin; task < tasks.end; ++task, next += elements) {
      Call::at(input, task, std::span(next, elements));
    }
  };
  return loop;
}

/// One result for all tasks: merges the blocks' results in order by Merge()(Element, Element). Results of several
/// elements are merged element by element.
template <auto function_without_captures, class Merge>
Loop reduce(const Shape& shape) {
  using Call = typed::Call<function_without_captures>;
  using Element = typename Call::Element;
  static_assert(std::is_invocable_r_v<Element, Merge, Element, Element>,
                "Merge must take the results of two blocks and return one, as std::plus<> does");
  Loop loop = Call::loop(shape, typed::most_blocks_to_merge);
  loop.run = [](const Input& input, Range tasks, std::byte* results) {
    const std::span all(reinterpret_cast<Element*>(results), input.result_bytes / sizeof(Element));
    if constexpr (Call::writes) std::ranges::fill(all, Element{});
    Call::at(input, tasks, all);
  };
  loop.sums_integers = std::is_same_v<Element, std::int64_t> &&
                       (std::is_same_v<Merge, std::plus<>> || std::is_same_v<Merge, std::plus<std::int64_t>>);
  loop.merge = [](std::span<std::byte> answer, std::span<const std::byte> result) {
    auto* into = reinterpret_cast<Element*>(answer.data());
    for (const Element& each : Call::elements(result)) {
      *into = Merge()(*into, each);
      ++into;
    }
  };
  return loop;
}

}  // namespace loops
