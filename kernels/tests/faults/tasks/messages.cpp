// Messages of exactly the limit, one byte more and less, and large ones in both directions at once.
#include <array>

#include "faults/fault_test.hpp"
#include "processes/transport/ring.hpp"
#include "processes/workers/worker.hpp"

namespace faults::messages {
namespace {

using processes::MessageTooLarge;
using processes::TaskError;

constexpr std::size_t limit = std::size_t{1} << 20U;

// The overhead of a string. As a task's argument: the request's header, and the sizes of the task's message and of the
// string. As a result: the size of the string.
constexpr std::size_t besides_an_argument = sizeof(processes::RequestHeader) + 2 * sizeof(std::uint64_t);
constexpr std::size_t besides_a_result = sizeof(std::uint64_t);
static_assert(besides_an_argument == 40 && besides_a_result == 8);

std::size_t length(std::string_view text) { return text.size(); }
std::string text_of(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);  // so that all parts differ
  return text;
}
std::string echo(std::string text) { return text; }

class Messages : public PoolFaultTest {};

TEST_P(Messages, OfArgumentsUpToTheLimitPass) {
  make_pool(1, {.message_limit = limit});
  const std::size_t most = limit - besides_an_argument;
  for (const std::size_t size : {most - 1, most}) EXPECT_EQ(pool->apply(length, text_of(size)), size);
  const auto error = thrown_by<MessageTooLarge>([&] { pool->apply(length, text_of(most + 1)); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->index, 0U);
  EXPECT_STREQ(error->what(),
               "the arguments of task 0 take 1048577 bytes, but the pool's message_limit is 1048576: raise it, or put "
               "the data into PoolOptions::shared");
  EXPECT_EQ(pool->statistics().workers_lost, 0U);
}

TEST_P(Messages, OfResultsUpToTheLimitPass) {
  make_pool(1, {.message_limit = limit});
  const std::size_t most = limit - besides_a_result;
  for (const std::size_t size : {most - 1, most}) EXPECT_EQ(pool->apply(text_of, size), text_of(size));
  const auto error = thrown_by<TaskError>([&] { pool->apply(text_of, most + 1); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->type, "std::length_error");
  EXPECT_EQ(error->message,
            "the result takes 1048577 bytes, more than the pool's message_limit: raise it, or write the result "
            "into shared memory");
  EXPECT_EQ(pool->statistics().workers_lost, 0U);
}

TEST_P(Messages, AroundTheLimitOfARingPass) {
  make_pool(1, {.message_limit = 4 * limit});
  const std::size_t most = processes::ring::most_bytes(processes::TransportOptions().ring_bytes);
  for (const std::size_t near : {most - 17, most - 16, most - 1, most, most + 1, most + 15, most + 16, most + 17}) {
    EXPECT_EQ(pool->apply(length, text_of(near - besides_an_argument)), near - besides_an_argument);
    EXPECT_EQ(pool->apply(text_of, near - besides_a_result), text_of(near - besides_a_result));
    EXPECT_EQ(pool->apply(echo, text_of(near)), text_of(near));
  }
}

TEST_P(Messages, OfAChunkThatIsTooLargePassInParts) {
  make_pool(2, {.message_limit = limit});
  std::vector<std::string> texts(20, text_of(limit / 3));
  texts[7] = text_of(limit);
  const auto outcomes = pool->map_async(echo, texts, {.chunk = 20}).outcomes();
  EXPECT_TRUE(wrong(outcomes, [&](std::size_t i) { return texts[i]; }).empty());
  EXPECT_EQ(failed_with<MessageTooLarge>(outcomes), std::vector<std::size_t>{7});
}

TEST_P(Messages, OfEverySizePassBothWaysAtOnce) {
  make_pool(2);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 3'000; ++i) {
    texts.emplace_back((i * i * 37) % 2'000, static_cast<char>('a' + i % 26));
  }
  for (const std::size_t chunk : {1UL, 7UL, 1'000UL})
    EXPECT_TRUE(pool->map(echo, texts, {.chunk = chunk}) == texts) << chunk;
}

TEST_P(Messages, LargeOnesPassBothWaysAtOnce) {
  make_pool(2);
  // Each worker sends one while the next is being sent to it.
  const std::size_t size = scaled(std::size_t{16} << 20U, std::size_t{256} << 20U);
  std::vector<std::string> texts;
  for (const char letter : {'a', 'b', 'c', 'd', 'e'}) texts.emplace_back(size, letter);
  EXPECT_TRUE(pool->map(echo, texts, {.chunk = 1}) == texts);
}

WITH_BOTH_TRANSPORTS(Messages);

}  // namespace
}  // namespace faults::messages
