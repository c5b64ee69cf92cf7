#include "loops/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "loops/sample_loops.hpp"

namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

loops::Loop counting_to(std::int64_t tasks) { return loops::map<sample_loops::root>({.tasks = tasks}); }

/// Every task is in one block, sizes differ by at most one, and no block is empty unless there is no task.
void expect_cover(const loops::Blocks& blocks, std::int64_t tasks) {
  std::int64_t next = 0;
  std::int64_t smallest = std::numeric_limits<std::int64_t>::max();
  std::int64_t largest = 0;
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    const loops::Range range = blocks.tasks(block);
    ASSERT_EQ(range.begin, next);
    next = range.end;
    smallest = std::min(smallest, range.size());
    largest = std::max(largest, range.size());
  }
  EXPECT_EQ(next, tasks);
  EXPECT_LE(largest - smallest, 1);
  EXPECT_GE(smallest, std::min<std::int64_t>(tasks, 1));
}

// MPI adds these itself, in any order.
TEST(Loop, SaysWhetherItsMergeAddsIntegers) {
  EXPECT_TRUE((loops::reduce<sample_loops::histogram, std::plus<>>({.tasks = 9, .elements = 4}).sums_integers));
  EXPECT_FALSE((loops::reduce<sample_loops::harmonic, std::plus<>>({.tasks = 9}).sums_integers));
  EXPECT_FALSE((loops::reduce<sample_loops::moments, sample_loops::AddMoments>({.tasks = 9}).sums_integers));
  EXPECT_FALSE(counting_to(9).sums_integers);
}

TEST(Blocks, CoverEveryTaskOnceInBlocksOfEqualSize) {
  for (const std::int64_t tasks : {0, 1, 2, 7, 4095, 4096, 4097, 8191, 8193, 16385, 1'000'003}) {
    for (const int workers : {1, 2, 5, 4096}) {
      loops::Loop loop = counting_to(tasks);
      const loops::Blocks by_loop(loop, workers);
      expect_cover(by_loop, tasks);
      EXPECT_EQ(by_loop.size(), std::clamp<std::size_t>(static_cast<std::size_t>(tasks), 1, 4096));
      loop.cut = loops::Cut::by_workers;
      const loops::Blocks by_workers(loop, workers);
      expect_cover(by_workers, tasks);
      const std::int64_t most = workers == 1 ? 1 : 4 * workers;
      EXPECT_EQ(by_workers.size(), static_cast<std::size_t>(std::clamp<std::int64_t>(tasks, 1, most)));
    }
  }
}

TEST(Blocks, DoNotDependOnTheWorkers) {
  for (const auto& sample : sample_loops::every(5000)) {
    const loops::Blocks one(sample.loop, 1);
    const loops::Blocks many(sample.loop, 4096);
    ASSERT_EQ(one.size(), many.size()) << sample.name;
    for (std::size_t block = 0; block < one.size(); ++block) ASSERT_EQ(one.tasks(block), many.tasks(block));
  }
}

TEST(Blocks, DoNotOverflowWithTheMostTasks) {
  loops::Loop loop = loops::reduce<sample_loops::harmonic, std::plus<>>(
      {.tasks = std::numeric_limits<std::int64_t>::max(), .blocks = 4096});
  expect_cover(loops::Blocks(loop, 1), loop.tasks);
  loop.cut = loops::Cut::by_workers;
  expect_cover(loops::Blocks(loop, 4096), loop.tasks);
}

TEST(Blocks, HaveContiguousResults) {
  for (const auto& sample : sample_loops::every(5000)) {
    const loops::Blocks blocks(sample.loop, 3);
    std::size_t next = 0;
    for (std::size_t block = 0; block < blocks.size(); ++block) {
      ASSERT_EQ(blocks.offset(block), next) << sample.name;
      const auto tasks = static_cast<std::size_t>(blocks.tasks(block).size());
      next += sample.loop.result_bytes * (sample.loop.merge != nullptr ? 1 : tasks);
    }
    EXPECT_EQ(blocks.result_bytes(), next) << sample.name;
  }
}

TEST(AnswerBytes, AreThoseOfAllResultsOrOfTheMergedOne) {
  EXPECT_EQ(loops::answer_bytes(counting_to(10)), 80U);
  EXPECT_EQ(loops::answer_bytes(counting_to(0)), 0U);
  const auto values = sample_loops::numbers(10);
  const auto data = loops::shared(std::span<const double>(values));
  EXPECT_EQ(loops::answer_bytes(loops::map<sample_loops::multiples>({.tasks = 10, .elements = 3, .data = data})), 120U);
  EXPECT_EQ(loops::answer_bytes(loops::reduce<sample_loops::moments, sample_loops::AddMoments>({.tasks = 10})), 24U);
  EXPECT_EQ(loops::answer_bytes(loops::reduce<sample_loops::histogram, std::plus<>>({.tasks = 10, .elements = 4})),
            32U);
}

TEST(FirstBlock, IsALoopOfTheTasksOfTheFirstBlock) {
  for (const std::int64_t tasks : {0, 1, 100, 5000}) {
    for (const auto& sample : sample_loops::every(tasks)) {
      const loops::Loop first = loops::first_block(sample.loop);
      EXPECT_EQ(first.tasks, loops::Blocks(sample.loop, 2).tasks(0).size()) << sample.name;
      for (const int workers : {1, 16}) EXPECT_EQ(loops::Blocks(first, workers).size(), 1U) << sample.name;
      const auto whole = sample_loops::answer(sample.loop, sample.calls[0]);
      const auto part = sample_loops::answer(first, sample.calls[0]);
      if (first.merge == nullptr) {
        EXPECT_EQ(loops::difference(first, std::span(whole).first(part.size()), part), "") << sample.name;
      }
    }
  }
}

TEST(FirstBlock, OfALoopCutByWorkersIsAPartOfIt) {
  loops::Loop loop = counting_to(1000);
  loop.cut = loops::Cut::by_workers;
  EXPECT_EQ(loops::first_block(loop).tasks, 125);
}

TEST(Difference, NamesTheFirstTasksWithBothValues) {
  const loops::Loop loop = counting_to(10);
  const auto expected = sample_loops::answer(loop, {});
  EXPECT_EQ(loops::difference(loop, expected, expected), "");
  auto found = expected;
  reinterpret_cast<double*>(found.data())[3] = 4;
  EXPECT_EQ(loops::difference(loop, expected, found),
            "1 of 10 results are wrong; task 3: found 4, expected 1.8708286933869707");
  for (std::size_t task = 3; task < 9; ++task) reinterpret_cast<double*>(found.data())[task] = -1;
  const std::string several = loops::difference(loop, expected, found);
  EXPECT_THAT(several, testing::StartsWith("6 of 10 results are wrong; task 3: found -1, expected"));
  EXPECT_THAT(several, HasSubstr("; task 5: "));
  EXPECT_THAT(several, testing::Not(HasSubstr("task 6")));
}

TEST(Difference, OfAMergedAnswerNamesNoTask) {
  const loops::Loop loop = loops::reduce<sample_loops::moments, sample_loops::AddMoments>({.tasks = 10});
  const auto expected = loops::bytes_of(sample_loops::Moments{1, 2, 3});
  EXPECT_EQ(loops::difference(loop, expected, loops::bytes_of(sample_loops::Moments{1, 2.5, 3})),
            "the answer is wrong; found (1, 2.5, 3), expected (1, 2, 3)");
}

TEST(Difference, OfSeveralElementsShowsFourOfThem) {
  const loops::Loop loop = loops::map<sample_loops::multiples>({.tasks = 1, .elements = 5});
  const auto expected = loops::bytes_of(std::array<std::int32_t, 5>{1, 2, 3, 4, 5});
  EXPECT_EQ(loops::difference(loop, expected, loops::bytes_of(std::array<std::int32_t, 5>{1, 2, 3, 4, 6})),
            "1 of 1 results are wrong; task 0: found 1, 2, 3, 4, ..., expected 1, 2, 3, 4, ...");
}

TEST(Difference, WithoutTheLoopsFunctionsComparesBytesAndShowsHexadecimal) {
  loops::Loop loop;
  loop.tasks = 2;
  loop.result_bytes = 1;
  EXPECT_EQ(loops::difference(loop, loops::bytes_of(std::array<std::uint8_t, 2>{1, 0xab}),
                              loops::bytes_of(std::array<std::uint8_t, 2>{1, 0xa5})),
            "1 of 2 results are wrong; task 1: found 0xa5, expected 0xab");
  loop.tasks = 1;
  loop.result_bytes = 17;
  EXPECT_EQ(loops::difference(loop, std::vector<std::byte>(17), std::vector<std::byte>(17, std::byte{1})),
            "1 of 1 results are wrong; task 0: found 0x01010101010101010101010101010101..., expected "
            "0x00000000000000000000000000000000...");
}

TEST(Check, RejectsLoopsThatCannotRun) {
  EXPECT_NO_THROW(loops::check(counting_to(0)));
  EXPECT_THAT([] { loops::check({}); }, ThrowsMessage<std::invalid_argument>(HasSubstr("has no function")));
  EXPECT_THAT([] { loops::check(counting_to(-1)); }, ThrowsMessage<std::invalid_argument>(HasSubstr("-1 tasks")));
  EXPECT_THAT(
      [] {
        loops::Loop loop = counting_to(1);
        loop.blocks = 0;
        loops::check(loop);
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("0 blocks")));
  // Their product would overflow to 0.
  EXPECT_THAT([] { loops::check(counting_to(std::int64_t{1} << 61)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("more than can be addressed")));
  EXPECT_NO_THROW(loops::check(loops::reduce<sample_loops::harmonic, std::plus<>>({.tasks = std::int64_t{1} << 61})));
}

TEST(Check, RejectsDataInPartsWithoutAMergeOrWithOtherData) {
  loops::Loop loop =
      loops::reduce<sample_loops::sum_of_part, std::plus<>>({.tasks = 3, .make = sample_loops::squares<std::int64_t>});
  EXPECT_NO_THROW(check(loop));
  loop.data = loops::shared(std::vector{1.0});
  EXPECT_THAT([&] { check(loop); }, ThrowsMessage<std::invalid_argument>(HasSubstr("give it one of both")));
  loop.data = {};
  loop.merge = nullptr;
  EXPECT_THAT([&] { check(loop); }, ThrowsMessage<std::invalid_argument>(HasSubstr("has no merge")));
}

TEST(Typed, TakesDataInPartsByAPart) {
  const auto without = [] { loops::reduce<sample_loops::sum_of_part, std::plus<>>({.tasks = 3}); };
  EXPECT_THAT(without, ThrowsMessage<std::invalid_argument>(HasSubstr("loops::Part<Element>")));
  const auto surplus = [] {
    loops::reduce<sample_loops::harmonic, std::plus<>>({.tasks = 3, .make = sample_loops::squares<double>});
  };
  EXPECT_THAT(surplus, ThrowsMessage<std::invalid_argument>(HasSubstr("loops::Part<Element>")));
}

TEST(Typed, KnowsWhichAnswersAreExact) {
  EXPECT_FALSE(counting_to(1).exact);
  EXPECT_TRUE((loops::reduce<sample_loops::histogram, std::plus<>>({.tasks = 1, .elements = 4}).exact));
}

TEST(Typed, RejectsUnwrittenElements) {
  EXPECT_THAT([] { loops::map<sample_loops::root>({.tasks = 1, .elements = 3}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("std::span<Element>")));
  EXPECT_THAT([] { loops::map<sample_loops::multiples>({.tasks = 1, .elements = 0}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("0 elements")));
}

double never_throws(std::int64_t task) noexcept { return static_cast<double>(task); }

TEST(Typed, AcceptsLambdasAndNoexceptFunctions) {
  const auto expected = loops::bytes_of(std::array{0.0, 1.0});
  EXPECT_EQ(sample_loops::answer(loops::map<never_throws>({.tasks = 2}), {}), expected);
  const auto lambda = loops::map<[](std::int64_t task) { return static_cast<double>(task); }>({.tasks = 2});
  EXPECT_EQ(sample_loops::answer(lambda, {}), expected);
}

// Results of one block must not remain in the buffer of the next one.
TEST(Typed, ReducedResultsAreInitiallyZero) {
  const auto values = sample_loops::numbers(10);
  const auto data = loops::shared(std::span<const double>(values));
  const auto loop = loops::reduce<sample_loops::histogram, std::plus<>>({.tasks = 10, .elements = 4, .data = data});
  const auto parameters = loops::bytes_of(sample_loops::Scale{});
  const loops::Input input{parameters.data(), nullptr, data.bytes(), loop.result_bytes};
  std::array<std::int64_t, 4> bins{9, 9, 9, 9};
  loop.run(input, {0, 10}, reinterpret_cast<std::byte*>(bins.data()));
  EXPECT_EQ(std::reduce(bins.begin(), bins.end()), 10);
}

TEST(Shared, CopiesValuesAndIsEmptyWithoutAny) {
  EXPECT_EQ(loops::shared(std::span<const double>()).size(), 0U);
  const std::vector values{1.5, 2.5};
  for (const auto& memory : {loops::shared(std::span<const double>(values)), loops::shared(values)}) {
    EXPECT_TRUE(std::ranges::equal(memory.bytes(), std::as_bytes(std::span(values))));
  }
}

}  // namespace
