#include "parzen/counting/loop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace parzen {

namespace {

/// The beginning of the parameters; the query's coordinates and the widths follow. Function pointers are valid in
/// workers, since these are forked from the program.
struct Head {
  CountFunction count;
  const Preparation* preparation;
  std::int64_t d;
  std::int64_t m;
};

/// The decoded parameters.
struct Asked {
  explicit Asked(const std::byte* parameters)
      : head(reinterpret_cast<const Head*>(parameters)),
        query(reinterpret_cast<const double*>(head + 1)),
        widths(query + head->d, static_cast<std::size_t>(head->m)) {}

  /// All samples, or the part that begins at input.first_task.
  [[nodiscard]] ProblemView problem(const loops::Input& input) const {
    const std::int64_t n = std::ssize(input.data) / (head->d * static_cast<std::int64_t>(sizeof(double)));
    return {{reinterpret_cast<const double*>(input.data.data()), n, head->d}, {query, head->d}};
  }

  const Head* head;
  const double* query;
  std::span<const double> widths;
};

void prepare(std::span<const std::byte> parameters, std::span<std::byte> prepared) {
  const Asked asked(parameters.data());
  asked.head->preparation->prepare(asked.widths, prepared);
}

void count_widths(const loops::Input& input, Range tasks, std::byte* results) {
  const Asked asked(input.parameters);
  const auto size = static_cast<std::size_t>(tasks.size());
  const ProblemView problem = asked.problem(input);
  asked.head->count(problem, {0, problem.samples.rows()},
                    asked.widths.subspan(static_cast<std::size_t>(tasks.begin), size),
                    {reinterpret_cast<Count*>(results), size});
}

void count_samples(const loops::Input& input, Range tasks, std::byte* results) {
  const Asked asked(input.parameters);
  const std::span counts(reinterpret_cast<Count*>(results), asked.widths.size());
  const Range samples{tasks.begin - input.first_task, tasks.end - input.first_task};
  if (const Preparation* const preparation = asked.head->preparation) {
    const std::span prepared(input.prepared, preparation->bytes(asked.widths.size()));
    preparation->count(asked.problem(input), samples, prepared, counts);
  } else {
    asked.head->count(asked.problem(input), samples, asked.widths, counts);
  }
}

void add(std::span<std::byte> answer, std::span<const std::byte> result) {
  const std::span into(reinterpret_cast<Count*>(answer.data()), answer.size() / sizeof(Count));
  std::ranges::transform(into, counts_in(result), into.begin(), std::plus<>());
}

}  // namespace

std::string_view name(Decomposition decomposition) {
  return decomposition == Decomposition::by_width ? "by_width" : "by_sample";
}

CountLoop::CountLoop(const Problem& problem, const Kernel& kernel, Decomposition decomposition, std::size_t widths)
    : CountLoop(problem.samples.rows(), problem.query, kernel, decomposition, widths) {
  check(problem);
  loop_.data = problem.samples.memory();
}

CountLoop::CountLoop(const SampleParts& samples, const Query& query, const Kernel& kernel, std::size_t widths)
    : CountLoop(samples.n, query, kernel, Decomposition::by_sample, widths) {
  check_drawable(samples.n, samples.d);
  check({Samples::Zero(1, samples.d), query});
  loop_.make = [make = samples.make, query](Range tasks) {
    const Problem part{make(tasks), query};
    check(part);
    if (part.samples.rows() != tasks.size()) {
      throw std::logic_error(fmt::format("samples {} to {} were requested, and {} were made", tasks.begin, tasks.end,
                                         part.samples.rows()));
    }
    return part.samples.memory();
  };
}

CountLoop::CountLoop(std::int64_t n, const Query& query, const Kernel& kernel, Decomposition decomposition,
                     std::size_t widths)
    : widths_(widths) {
  const bool by_sample = decomposition == Decomposition::by_sample;
  const Head head{kernel.count, by_sample ? kernel.preparation : nullptr, query.size(),
                  static_cast<std::int64_t>(widths)};
  const std::size_t query_bytes = static_cast<std::size_t>(head.d) * sizeof(double);
  head_.resize(sizeof head + query_bytes);
  std::memcpy(head_.data(), &head, sizeof head);
  if (query_bytes > 0) std::memcpy(head_.data() + sizeof head, query.data(), query_bytes);
  loop_.parameter_bytes = head_.size() + widths * sizeof(double);
  if (by_sample) {
    loop_.tasks = n;
    loop_.cut = loops::Cut::by_workers;
    loop_.result_bytes = widths * sizeof(Count);
    loop_.run = count_samples;
    loop_.merge = add;
    loop_.sums_integers = true;
  } else {
    loop_.tasks = head.m;
    loop_.blocks = std::max<std::int64_t>(head.m, 1);
    loop_.result_bytes = sizeof(Count);
    loop_.run = count_widths;
  }
  if (head.preparation != nullptr) {
    loop_.prepared_bytes = head.preparation->bytes(widths);
    loop_.prepare = prepare;
  }
}

std::vector<std::byte> CountLoop::parameters(std::span<const double> widths) const {
  check_widths(widths);
  if (widths.size() != widths_) {
    throw std::invalid_argument(
        fmt::format("{} widths were given, but the loop was made for {}", widths.size(), widths_));
  }
  std::vector<std::byte> parameters(head_);
  const auto bytes = std::as_bytes(widths);
  parameters.insert(parameters.end(), bytes.begin(), bytes.end());
  return parameters;
}

Counts counts_in(std::span<const std::byte> answer) {
  Counts counts(answer.size() / sizeof(Count));
  if (!counts.empty()) std::memcpy(counts.data(), answer.data(), answer.size());
  return counts;
}

}  // namespace parzen
