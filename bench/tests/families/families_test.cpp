#include "families/families.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

using testing::ElementsAre;

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

TEST(Families, TheArticlesTableHasTheArticlesCounts) {
  EXPECT_THAT(bench::article_table_counts(), ElementsAre(16, 61, 135, 247, 390, 547, 742, 939, 1194, 1445, 1728, 2022));
}

}  // namespace
