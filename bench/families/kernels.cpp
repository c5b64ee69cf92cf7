// Family kernels: the loop itself, with as little overhead as possible.
//
//   kernels/serial/kernel:<kernel>/n:/d:/m:/widths:/workers:1/start:warm      one call of the kernel
//   kernels/serial/kernel:indexed/...                                         warm: the distances are sorted before;
//                                                                             cold: in the call
//   kernels/tbb/kernel:fused/decomposition:by_sample/.../workers:2/...        the same work in two threads
//   kernels/.../kernel:stream_read/n:/d:/workers:/start:warm                  the limit: the same samples read once
//
// The windows of widths:1.0-1.2, the article's, differ in few samples; those of widths:0.01-6 in nearly all.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "cases/digest.hpp"
#include "cases/verify.hpp"
#include "families/any_size.hpp"
#include "families/families.hpp"
#include "host/huge_pages.hpp"
#include "machine/usage/huge_pages.hpp"
#include "parzen/counting/indexed.hpp"
#include "parzen/counting/loop.hpp"
#include "parzen/counting/stream_read.hpp"
#include "parzen/random/legacy.hpp"
#include "parzen/widths.hpp"

namespace bench {

namespace kernel_cases {

namespace {

constexpr std::uint32_t seed = 123;
constexpr std::size_t m = 100;
constexpr std::int64_t article_n = 10'000;
constexpr std::int64_t article_d = 2;
constexpr std::array<std::int64_t, 2> large_sizes{10'000'000, 100'000'000};
constexpr std::array<std::int64_t, 4> dimensions{1, 2, 3, 8};
constexpr int threads = 2;

struct Widths {
  const char* name;
  double first;
  double last;

  [[nodiscard]] std::vector<double> values() const { return parzen::linspace(first, last, m); }
};
constexpr Widths narrow{"1.0-1.2", 1.0, 1.2};
constexpr Widths wide{"0.01-6", 0.01, 6.0};

/// The data that the cases of one n and d share. The first case that needs counts computes them.
struct Data {
  parzen::Problem problem;
  std::optional<parzen::Counts> narrow_counts;
  std::optional<parzen::Counts> wide_counts;

  const parzen::Counts& expected(const Widths& widths) {
    std::optional<parzen::Counts>& counts = widths.first == narrow.first ? narrow_counts : wide_counts;
    if (!counts) counts = expected_counts(problem, widths.values());
    return *counts;
  }
};

/// The article's samples for its n, otherwise generated ones.
parzen::Samples samples(std::int64_t n, std::int64_t d) {
  return n == article_n ? parzen::legacy_samples(seed, n, d) : draw_samples(seed, n, d);
}

Data& data(std::int64_t n, std::int64_t d) {
  return held([n, d] { return Data{{samples(n, d), parzen::Query::Zero(d)}, {}, {}}; });
}

/// Times the calls of `ask`. Checks the counts before and after.
template <class Ask>
void time_counts(benchmark::State& state, std::span<const double> widths, const parzen::Counts& expected,
                 const Ask& ask) {
  parzen::Counts counts(widths.size(), -1);
  ask(counts);
  std::optional<std::string> wrong = mismatch(widths, expected, counts);
  if (!wrong) {
    counts.assign(widths.size(), -1);
    time_calls(state, [&] {
      ask(counts);
      benchmark::DoNotOptimize(counts.data());
    });
    wrong = mismatch(widths, expected, counts);
  }
  if (wrong) {
    state.SkipWithError(wrong->c_str());
    return;
  }
  state.counters["counts_digest"] = static_cast<double>(digest(std::as_bytes(std::span(counts))));
}

/// Samples of a huge page or more request huge pages (parzen/samples.hpp). This records the share that they got, if
/// known.
void set_huge_page_share(benchmark::State& state, const parzen::Samples& samples) {
  if (samples.memory().size() < host::huge_page_size()) return;
  if (const auto bytes = huge_page_bytes(samples.data())) {
    state.counters["huge_page_share"] = static_cast<double>(*bytes) / static_cast<double>(samples.memory().size());
  }
}

/// Times one call of a kernel, or of a backend that calls it.
void time_kernel(benchmark::State& state, const parzen::Problem& problem, const parzen::Kernel& kernel,
                 std::span<const double> widths, const parzen::Counts& expected, int workers) {
  set_huge_page_share(state, problem.samples);
  if (workers == 1) {
    const parzen::Range all{0, problem.samples.rows()};
    time_counts(state, widths, expected, [&](parzen::Counts& counts) { kernel.count(problem, all, widths, counts); });
    return;
  }
  const parzen::CountLoop loop(problem, kernel, parzen::Decomposition::by_sample, widths.size());
  const std::vector<std::byte> parameters = loop.parameters(widths);
  LoopRunner runner(backends::find("tbb"), loop.loop(), workers, Start::warm);
  time_counts(state, widths, expected,
              [&](parzen::Counts& counts) { runner.run(parameters, std::as_writable_bytes(std::span(counts))); });
  runner.stop();
}

std::string group_name(std::int64_t n, std::int64_t d) { return fmt::format("kernels/n:{}/d:{}", n, d); }

std::string who(std::string_view kernel, int workers) {
  return workers == 1 ? fmt::format("kernels/serial/kernel:{}", kernel)
                      : fmt::format("kernels/tbb/kernel:{}/decomposition:by_sample", kernel);
}

Case kernel_case(const std::string& kernel, std::int64_t n, std::int64_t d, const Widths& widths, int workers = 1) {
  return {group_name(n, d),
          fmt::format("{}/n:{}/d:{}/m:{}/widths:{}/workers:{}/start:warm", who(kernel, workers), n, d, m, widths.name,
                      workers),
          [=](benchmark::State& state) {
            Data& shared = data(n, d);
            time_kernel(state, shared.problem, parzen::kernel(kernel), widths.values(), shared.expected(widths),
                        workers);
          },
          n};
}

Case indexed_case(std::int64_t n, std::int64_t d, Start start) {
  return {group_name(n, d),
          fmt::format("{}/n:{}/d:{}/m:{}/widths:{}/workers:1/start:{}", who("indexed", 1), n, d, m, narrow.name,
                      start == Start::cold ? "cold" : "warm"),
          [=](benchmark::State& state) {
            Data& shared = data(n, d);
            const std::vector<double> widths = narrow.values();
            if (start == Start::cold) {
              time_kernel(state, shared.problem, parzen::kernel("indexed"), widths, shared.expected(narrow), 1);
              return;
            }
            const parzen::Index index(shared.problem, {0, n});
            time_counts(state, widths, shared.expected(narrow),
                        [&](parzen::Counts& counts) { index.count(widths, counts); });
          },
          n};
}

/// The limit. Its result is not a count of windows, so it has no digest.
Case stream_read_case(std::int64_t n, std::int64_t d, int workers) {
  Case limit{group_name(n, d),
             fmt::format("{}/n:{}/d:{}/workers:{}/start:warm", who("stream_read", workers), n, d, workers),
             [=](benchmark::State& state) {
               const parzen::Problem& problem = data(n, d).problem;
               const parzen::Counts negative{
                   std::ranges::count_if(problem.samples.reshaped(), [](double x) { return std::signbit(x); })};
               time_kernel(state, problem, parzen::stream_read, std::array{1.0}, negative, workers);
               state.counters.erase("counts_digest");
             },
             n};
  limit.kind = Kind::limit;
  return limit;
}

SampleGroup article_group() {
  SampleGroup group{article_n, article_d, {}};
  for (const parzen::Kernel& kernel : parzen::kernels()) {
    if (kernel.name != "indexed")
      group.cases.push_back(kernel_case(std::string(kernel.name), article_n, article_d, narrow));
  }
  group.cases.push_back(indexed_case(article_n, article_d, Start::cold));
  group.cases.push_back(indexed_case(article_n, article_d, Start::warm));
  group.cases.push_back(kernel_case("fused", article_n, article_d, wide));
  group.cases.push_back(stream_read_case(article_n, article_d, 1));
  return group;
}

SampleGroup large_group(std::int64_t n, std::int64_t d) {
  SampleGroup group{n, d, {}};
  const bool has_threads = std::ranges::count(backends::registry(), "tbb", &backends::Description::name) > 0;
  for (const int workers : {1, threads}) {
    if (workers > 1 && !has_threads) continue;
    group.cases.push_back(kernel_case("fused", n, d, narrow, workers));
    group.cases.push_back(stream_read_case(n, d, workers));
  }
  if (d == article_d) group.cases.push_back(kernel_case("fused", n, d, wide));
  if (d == article_d && n == large_sizes.front()) {
    group.cases.push_back(kernel_case("simd", n, d, narrow));
    group.cases.push_back(indexed_case(n, d, Start::cold));
    group.cases.push_back(indexed_case(n, d, Start::warm));
  }
  return group;
}

std::vector<SampleGroup> groups() {
  std::vector<SampleGroup> all{article_group()};
  for (const std::int64_t n : large_sizes) {
    for (const std::int64_t d : dimensions) all.push_back(large_group(n, d));
  }
  return all;
}

}  // namespace

}  // namespace kernel_cases

namespace {

Selection select_kernels(const Limits& limits) {
  return select_by_memory("kernels", kernel_cases::groups(), limits.memory);
}

const Family kernels_family("kernels", select_kernels);

}  // namespace

}  // namespace bench
