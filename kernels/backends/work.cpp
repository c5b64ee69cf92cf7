#include <algorithm>

#include "backends/backend.hpp"

namespace backends {

namespace {

/// Blocks a worker, when samples are cut for several: as many as Python's map cuts chunks, so that workers of unequal
/// speed even out.
constexpr std::int64_t blocks_a_worker = 4;

std::vector<Task> cut(Decomposition decomposition, std::int64_t n, std::int64_t m, int workers) {
  std::vector<Task> tasks;
  if (decomposition == Decomposition::by_width) {
    for (std::int64_t width = 0; width < m; ++width) tasks.push_back({{0, n}, {width, width + 1}});
    return tasks;
  }
  const std::int64_t blocks = workers == 1 ? 1 : std::min(n, blocks_a_worker * workers);
  for (std::int64_t block = 0; block < blocks; ++block) {
    // Sizes differ by at most one; blocks <= 16,384, so the products fit.
    tasks.push_back(
        {{n / blocks * block + std::min(block, n % blocks), n / blocks * (block + 1) + std::min(block + 1, n % blocks)},
         {0, m}});
  }
  return tasks;
}

}  // namespace

std::string_view name(Decomposition decomposition) {
  return decomposition == Decomposition::by_width ? "by_width" : "by_sample";
}

Work::Work(const Plan& plan, std::span<const double> widths, int workers)
    : plan_(plan),
      widths_(widths),
      tasks_(cut(plan.decomposition, plan.problem.samples.rows(), std::ssize(widths), workers)) {
  std::size_t size = 0;
  offsets_.reserve(tasks_.size());
  for (const Task& task : tasks_) {
    offsets_.push_back(size);
    size += static_cast<std::size_t>(task.widths.size());
  }
  counts_.resize(size);
}

std::span<const double> Work::widths_of(std::size_t index) const {
  const parzen::Range& widths = tasks_[index].widths;
  return widths_.subspan(static_cast<std::size_t>(widths.begin), static_cast<std::size_t>(widths.size()));
}

std::span<parzen::Count> Work::counts_of(std::size_t index) {
  return std::span(counts_).subspan(offsets_[index], static_cast<std::size_t>(tasks_[index].widths.size()));
}

void Work::execute(std::size_t index) {
  plan_.kernel.count(plan_.problem, tasks_[index].samples, widths_of(index), counts_of(index));
}

parzen::Counts Work::total() const {
  parzen::Counts total(widths_.size(), 0);
  for (std::size_t index = 0; index < tasks_.size(); ++index) {
    const auto first = static_cast<std::size_t>(tasks_[index].widths.begin);
    const auto size = static_cast<std::size_t>(tasks_[index].widths.size());
    for (std::size_t j = 0; j < size; ++j) total[first + j] += counts_[offsets_[index] + j];
  }
  return total;
}

}  // namespace backends
