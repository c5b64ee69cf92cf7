// Family article: the benchmark of the article. Its samples, query and widths at n = 10,000, and at n = 100,000, where
// starting workers is a tenth as large a share. `literal` by_width with 1, 2, 3, 4 and 6 workers: cold, and at the
// smaller n also warm. `fused` by_sample, the fastest kernel here, with 1, 2 and 4 workers: cold and warm.
#include "families/article.hpp"

#include <array>

#include "cases/verify.hpp"
#include "families/count.hpp"
#include "families/every_backend.hpp"
#include "families/families.hpp"
#include "parzen/random/legacy.hpp"
#include "parzen/widths.hpp"

namespace bench {

namespace {

constexpr std::uint32_t seed = 123;
constexpr std::int64_t article_n = 10'000;
constexpr std::int64_t d = 2;
constexpr std::int64_t m = 100;
constexpr std::array<std::int64_t, 2> sizes{article_n, 100'000};

/// A kernel and a decomposition for the article's problem.
struct Way {
  const char* kernel;
  parzen::Decomposition decomposition;
  std::vector<int> workers;
  /// For larger n, starting workers takes less than 1% of the call, so warm would repeat cold.
  std::int64_t largest_n_with_warm;
};

const std::vector<Way>& ways() {
  static const std::vector<Way> all{
      {"literal", parzen::Decomposition::by_width, {1, 2, 3, 4, 6}, article_n},  // as in the article
      {"fused", parzen::Decomposition::by_sample, {1, 2, 4}, sizes.back()},      // the fastest kernel here
  };
  return all;
}

CountData data_of(std::int64_t n, std::vector<double> widths) {
  parzen::Problem problem{parzen::legacy_samples(seed, n, d), parzen::Query::Zero(d)};
  parzen::Counts expected = literal_counts(problem, widths);
  return {std::move(problem), std::move(widths), std::move(expected)};
}

std::vector<Case> article_cases() {
  std::vector<Case> cases;
  for (const std::int64_t n : sizes) {
    const auto data = [n] { return data_of(n, parzen::linspace(1.0, 1.2, m)); };
    for (const Way& way : ways()) {
      std::ranges::move(under_every_backend(count_case({.family = "article",
                                                        .kernel = &parzen::kernel(way.kernel),
                                                        .decomposition = way.decomposition,
                                                        .n = n,
                                                        .d = d,
                                                        .m = m,
                                                        .data = data}),
                                            way.workers, n <= way.largest_n_with_warm),
                        std::back_inserter(cases));
    }
  }
  return cases;
}

const Family article_family("article", [](const Limits&) { return Selection{article_cases(), {}}; });

}  // namespace

parzen::Counts article_table_counts() { return data_of(article_n, parzen::stepped(0.1, 1.2, 0.1)).expected; }

}  // namespace bench
