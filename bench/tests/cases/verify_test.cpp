#include "cases/verify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "run_cases.hpp"

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Mismatch, NamesAtMostTenWidthsWithFoundAndExpected) {
  const std::vector<double> widths(12, 0.5);
  const parzen::Counts expected(12, 7);
  EXPECT_EQ(bench::mismatch(widths, expected, expected), std::nullopt);
  parzen::Counts found = expected;
  found[3] = 9;
  EXPECT_EQ(bench::mismatch(widths, expected, found),
            "1 of 12 counts are wrong; width 3 (h = 0.5): found 9, expected 7, difference 2");
  found.assign(12, 8);
  EXPECT_THAT(*bench::mismatch(widths, expected, found),
              AllOf(HasSubstr("12 of 12"), HasSubstr("width 9 "), Not(HasSubstr("width 10 "))));
  EXPECT_THAT(*bench::mismatch(widths, expected, parzen::Counts(3)), HasSubstr("found 3 counts, expected 12"));
}

TEST(Digest, IsFnv1a) {
  EXPECT_EQ(counts_digest({}), 2166136261U);
  // FNV-1a of the eight bytes 'a', 0, 0, 0, 0, 0, 0, 0, computed from its definition.
  std::uint32_t reference = 2166136261U;
  for (const unsigned byte : {97U, 0U, 0U, 0U, 0U, 0U, 0U, 0U}) reference = (reference ^ byte) * 16777619U;
  EXPECT_EQ(counts_digest({97}), reference);
  EXPECT_NE(counts_digest({1, 2}), counts_digest({2, 1}));
}

}  // namespace
