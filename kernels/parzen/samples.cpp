#include "parzen/samples.hpp"

#include <fmt/format.h>

#include <limits>
#include <stdexcept>

namespace parzen {

void check_drawable(std::int64_t n, std::int64_t d) {
  if (n < 1 || d < 1) {
    throw std::invalid_argument(
        fmt::format("{} samples of {} dimension(s) cannot be drawn: both must be at least 1", n, d));
  }
  constexpr auto most = std::numeric_limits<std::int64_t>::max() / static_cast<std::int64_t>(sizeof(double));
  if (n > most / d) {
    throw std::invalid_argument(fmt::format("{} samples of {} dimension(s) are more than can be addressed", n, d));
  }
}

}  // namespace parzen
