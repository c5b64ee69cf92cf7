#include "families/families.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "families/article.hpp"

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::ThrowsMessage;

std::string family_of(const bench::Case& one) { return one.name.substr(0, one.name.find('/')); }

TEST(Families, NameEveryCaseOnce) {
  std::set<std::string> names;
  for (const bench::Case& c : bench::all_cases(10'000'000)) EXPECT_TRUE(names.insert(c.name).second) << c.name;
  EXPECT_TRUE(
      names.contains("article/process_pool/kernel:literal/decomposition:by_width/n:10000/d:2/m:100/workers:6/"
                     "start:cold"));
  EXPECT_TRUE(
      names.contains("article/serial/kernel:literal/decomposition:by_width/n:100000/d:2/m:100/workers:1/"
                     "start:cold"));
}

TEST(Families, AreSortedByNameInAnyLinkOrder) {
  const std::vector<std::string> names = bench::families();
  EXPECT_THAT(names, IsSupersetOf({"article", "dispatch", "io_bound", "sweep"}));
  EXPECT_TRUE(std::ranges::is_sorted(names));
  const auto all = bench::all_cases(100'000'000);
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, [](const bench::Case& each) { return family_of(each); }));
  for (const std::string& name : names) {
    for (const bench::Case& each : bench::select_family(name, {}).cases) EXPECT_EQ(family_of(each), name);
  }
}

TEST(Families, OfOneNameAreAnError) {
  const auto none = [](const bench::Limits&) { return bench::Selection{}; };
  EXPECT_THAT([&none] { bench::Family("sweep", none); },
              ThrowsMessage<std::logic_error>(HasSubstr("two families are named sweep")));
}

TEST(Families, ThatAreUnknownAreAnErrorThatNamesTheKnownOnes) {
  EXPECT_THAT(
      [] { bench::select_family("sweeps", {}); },
      ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("'sweeps'"), HasSubstr("load, loops, memory, scaling"))));
}

TEST(LoopsFamily, HasPausesInLongRunsAtAllSizesButTheLargest) {
  const auto paused_sizes = [](std::int64_t largest, const std::string& loop) {
    std::set<std::string> found;
    for (const bench::Case& each : bench::all_cases(largest)) {
      if (!each.name.starts_with("loops/serial/" + loop) || each.pause.count() == 0) continue;
      const auto begin = each.name.find("/size:") + 1;
      found.insert(each.name.substr(begin, each.name.find('/', begin) - begin));
    }
    return found;
  };
  using Sizes = std::set<std::string>;
  EXPECT_EQ(paused_sizes(10'000'000, "loop:compute/"), Sizes{});
  EXPECT_EQ(paused_sizes(100'000'000, "loop:compute/"), (Sizes{"size:32", "size:256"}));
  EXPECT_EQ(paused_sizes(100'000'000, "loop:new_input/input:0/").size(), 1);
}

TEST(Families, TheArticlesTableHasTheArticlesCounts) {
  EXPECT_THAT(bench::article_table_counts(), ElementsAre(16, 61, 135, 247, 390, 547, 742, 939, 1194, 1445, 1728, 2022));
}

}  // namespace
