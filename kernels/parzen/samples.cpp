#include "parzen/samples.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <limits>
#include <utility>

#include "host/huge_pages.hpp"
#include "host/memory.hpp"

namespace parzen {

void check_drawable(std::int64_t n, std::int64_t d) {
  if (n < 1 || d < 1) {
    throw std::invalid_argument(
        fmt::format("{} samples of {} dimension(s) cannot be generated: both must be at least 1", n, d));
  }
}

void check_memory(std::int64_t n, std::int64_t d, std::optional<std::uint64_t> available) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max() / static_cast<std::int64_t>(sizeof(double));
  if (n > most / d) {
    throw std::invalid_argument(fmt::format("{} samples of {} dimension(s) are more than can be addressed: use fewer",
                                            fmt::group_digits(n), fmt::group_digits(d)));
  }
  const std::uint64_t bytes = static_cast<std::uint64_t>(n) * static_cast<std::uint64_t>(d) * sizeof(double);
  if (!available || bytes <= *available) return;
  constexpr double gigabyte = 1e9;
  throw ShortOfMemory(
      fmt::format("{} samples of {} dimension(s) take {:.1f} GB, but only {:.1f} GB of memory are available: use fewer",
                  fmt::group_digits(n), fmt::group_digits(d), static_cast<double>(bytes) / gigabyte,
                  static_cast<double>(*available) / gigabyte));
}

Samples::Samples(processes::SharedMemory memory, Eigen::Index n, Eigen::Index d)
    : Base(reinterpret_cast<double*>(memory.data()), n, d), memory_(std::move(memory)) {
  if (memory_.size() >= host::huge_page_size()) ::madvise(memory_.data(), memory_.size(), MADV_HUGEPAGE);
}

void Samples::first_touch(Eigen::Index begin, Eigen::Index end) {
  for (Eigen::Index dimension = 0; dimension < cols(); ++dimension) {
    const auto first = static_cast<std::size_t>(dimension * rows());
    host::request_huge_pages(memory_.bytes(), (first + static_cast<std::size_t>(begin)) * sizeof(double),
                             (first + static_cast<std::size_t>(end)) * sizeof(double));
  }
}

processes::SharedMemory Samples::allocate(Eigen::Index n, Eigen::Index d) {
  if (n < 1 || d < 1) return {};
  // Reading the available memory takes tens of microseconds: not worth it for a few samples.
  constexpr Eigen::Index few = 1 << 17;
  check_memory(n, d, n < few / d ? std::nullopt : host::available_memory());
  return processes::SharedMemory(static_cast<std::size_t>(n) * static_cast<std::size_t>(d) * sizeof(double));
}

}  // namespace parzen
