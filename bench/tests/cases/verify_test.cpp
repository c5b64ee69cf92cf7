#include "cases/verify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>

#include "cases/digest.hpp"

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

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
  EXPECT_THAT(*bench::mismatch(widths, expected, parzen::Counts(3)), HasSubstr("3 counts were found where 12"));
}

TEST(FailedTasks, AreNamedWithTheSystemsErrorOrWhatTheyGave) {
  const parzen::Counts expected(3, 8);
  EXPECT_EQ(bench::failed_tasks(expected, expected), std::nullopt);
  EXPECT_EQ(bench::failed_tasks(expected, parzen::Counts{8, -EACCES, 0}),
            "2 of 3 counts are wrong; task 1: Permission denied; task 2: found 0, expected 8");
}

TEST(FailedTasks, ForALimitAreNamedWithWhatToDoOnce) {
  const std::string message = *bench::failed_tasks(parzen::Counts(3, 8), parzen::Counts{-EMFILE, -EMFILE, -EACCES});
  EXPECT_THAT(message, AllOf(StartsWith("3 of 3 counts are wrong; task 0: Too many open files; task 1: "),
                             HasSubstr("task 2: Permission denied; "), HasSubstr("raise ulimit -n")));
  EXPECT_EQ(message.find("raise"), message.rfind("raise"));
}

TEST(Digest, IsFnv1a) {
  EXPECT_EQ(bench::digest({}), 2166136261U);
  // The reference hash of the eight bytes 'a', 0, 0, 0, 0, 0, 0, 0, computed byte by byte from its definition.
  std::uint32_t reference = 2166136261U;
  for (const unsigned byte : {97U, 0U, 0U, 0U, 0U, 0U, 0U, 0U}) reference = (reference ^ byte) * 16777619U;
  EXPECT_EQ(bench::digest(parzen::Counts{97}), reference);
  EXPECT_NE(bench::digest(parzen::Counts{1, 2}), bench::digest(parzen::Counts{2, 1}));
}

}  // namespace
