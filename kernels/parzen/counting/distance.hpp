// Chebyshev distances of samples to the query, a vector at a time. Highway compiles the including file once for each
// instruction set, so this header is included once for each, too.
#if defined(PARZEN_DISTANCE_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef PARZEN_DISTANCE_HPP
#undef PARZEN_DISTANCE_HPP
#else
#define PARZEN_DISTANCE_HPP
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

#include "parzen/counting/columns.hpp"

HWY_BEFORE_NAMESPACE();
namespace parzen::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// max |q_c - x_ic| over all dimensions c, for the samples from i on, one a lane. A difference is rounded once and a
/// maximum not at all, so this is at most half_width(h) exactly if every |q_c - x_ic| is. If `d` is the number of
/// dimensions, the loop over them is unrolled; 0: any number.
template <int d, class Tag>
class Distance {
 public:
  explicit Distance(const Columns& columns) : columns_(columns) { std::copy_n(columns.query, d, query_.begin()); }

  HWY_INLINE hn::Vec<Tag> operator()(std::size_t i) const {
    const Tag tag;
    const double* x = columns_.first + i;
    auto distance = hn::Abs(hn::Sub(hn::Set(tag, query(0)), hn::LoadU(tag, x)));
    const std::size_t dimensions = d > 0 ? d : columns_.dimensions;
    for (std::size_t c = 1; c < dimensions; ++c) {
      x += columns_.stride;
      distance = hn::Max(distance, hn::Abs(hn::Sub(hn::Set(tag, query(c)), hn::LoadU(tag, x))));
    }
    return distance;
  }

 private:
  HWY_INLINE double query(std::size_t c) const { return d > 0 ? query_[c] : columns_.query[c]; }

  // Copies that no store can alias: they stay in registers.
  Columns columns_;
  std::array<double, d> query_;
};

/// Calls with the number of dimensions as a compile-time constant, if it is a common one.
template <class Call>
HWY_INLINE auto with_dimensions(std::size_t dimensions, const Call& call) {
  switch (dimensions) {
    case 1:
      return call(std::integral_constant<int, 1>());
    case 2:
      return call(std::integral_constant<int, 2>());
    case 3:
      return call(std::integral_constant<int, 3>());
    case 8:
      return call(std::integral_constant<int, 8>());
    default:
      return call(std::integral_constant<int, 0>());
  }
}

}  // namespace parzen::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
