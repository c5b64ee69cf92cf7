#include "processes/transport/call_board.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <thread>
#include <vector>

namespace {

using processes::CallBoard;
using processes::CallRecord;
using processes::CallResults;
using processes::CallShape;
using processes::CallTaker;
using processes::CallWord;

void twice(void (*)(), const std::byte* argument, std::byte* result, void (*)()) {
  int value = 0;
  std::memcpy(&value, argument, sizeof value);
  value *= 2;
  std::memcpy(result, &value, sizeof value);
}

CallShape shape_of(std::size_t tasks, std::size_t chunk = 1) {
  return {twice, nullptr, tasks, chunk, sizeof(int), sizeof(int)};
}

/// A worker's memory and its end of the board, in this process.
struct Taker {
  explicit Taker(const CallBoard& board) : taker(board, record, *results) {}

  /// Claims and runs one chunk; false if there was none.
  bool execute() {
    const auto chunk = taker.take();
    if (!chunk) return false;
    for (std::size_t task = chunk->begin; task < chunk->end; ++task) {
      taker.start(task);
      chunk->shape.run(chunk->shape.function, taker.argument(*chunk, task), taker.result(*chunk, task), [] {});
      taker.end(task);
      ++executed;
    }
    return true;
  }

  [[nodiscard]] std::vector<int> chunks(const CallBoard& board) const {
    const CallWord taken(record.taken.load());
    if (taken.call() != board.call()) return {};
    return {results->chunks.begin(), results->chunks.begin() + static_cast<std::ptrdiff_t>(taken.count())};
  }
  [[nodiscard]] int result(std::size_t task) const {
    int value = 0;
    std::memcpy(&value, results->bytes.data() + task * sizeof value, sizeof value);
    return value;
  }

  CallRecord record;
  std::unique_ptr<CallResults> results = std::make_unique<CallResults>();
  CallTaker taker;
  std::size_t executed = 0;
};

void put(const CallBoard& board, std::size_t tasks) {
  std::vector<int> values(tasks);
  std::iota(values.begin(), values.end(), 0);
  std::ranges::copy(std::as_bytes(std::span(values)), board.arguments().begin());
}

TEST(CallBoard, GivesEachChunkOnceAndTheLastCountRings) {
  CallBoard board;
  Taker one(board);
  Taker other(board);
  EXPECT_FALSE(one.taker.open()) << "no call was ever opened";
  put(board, 7);
  board.open(shape_of(7, 3));
  ASSERT_TRUE(one.taker.open());
  EXPECT_TRUE(one.execute());
  EXPECT_TRUE(other.execute());
  EXPECT_TRUE(one.execute());
  EXPECT_FALSE(other.execute());
  EXPECT_FALSE(other.taker.open()) << "until another call is opened";
  EXPECT_FALSE(one.execute());
  EXPECT_EQ(one.chunks(board), (std::vector{0, 2}));
  EXPECT_EQ(other.chunks(board), (std::vector{1}));
  for (const std::size_t task : {0U, 1U, 2U, 6U}) EXPECT_EQ(one.result(task), 2 * static_cast<int>(task));
  for (const std::size_t task : {3U, 4U, 5U}) EXPECT_EQ(other.result(task), 2 * static_cast<int>(task));
  EXPECT_EQ(CallWord(one.record.ended).count(), 7U) << "the last chunk is shorter";
  EXPECT_FALSE(board.all_ended());
  EXPECT_FALSE(other.taker.count());
  EXPECT_FALSE(board.all_ended());
  EXPECT_TRUE(one.taker.count());
  EXPECT_TRUE(board.all_ended());
  EXPECT_FALSE(one.taker.count()) << "they were counted already";
  EXPECT_GT(board.work(), 0);
}

TEST(CallBoard, EveryCountRingsIfRequested) {
  CallBoard board;
  Taker one(board);
  board.open(shape_of(2));
  EXPECT_TRUE(one.execute());
  board.hear_each_count();
  EXPECT_TRUE(one.taker.count());
  board.open(shape_of(2));
  EXPECT_TRUE(one.execute());
  EXPECT_FALSE(one.taker.count()) << "once a call";
}

TEST(CallBoard, AChunkIsEitherClaimedOrTakenBack) {
  CallBoard board;
  Taker one(board);
  put(board, 4);
  board.open(shape_of(4));
  EXPECT_EQ(board.reached(), 0U);
  EXPECT_TRUE(one.execute());
  EXPECT_EQ(board.reached(), 1U);
  EXPECT_TRUE(board.claimed(0));
  EXPECT_FALSE(board.take_back(0));
  EXPECT_FALSE(board.claimed(1));
  EXPECT_TRUE(board.take_back(1));
  EXPECT_TRUE(one.execute()) << "a chunk of the next call";
  EXPECT_EQ(one.chunks(board), (std::vector{0, 2}));
  EXPECT_TRUE(board.take_back(3));
  EXPECT_FALSE(one.execute());
  EXPECT_EQ(one.chunks(board), (std::vector{0, 2})) << "a chunk that is not claimed is removed from the record";
  board.open(shape_of(4));
  EXPECT_TRUE(one.execute());
  EXPECT_EQ(one.chunks(board), (std::vector{0})) << "a new record for another call";
  EXPECT_FALSE(board.take_back(0));
}

TEST(CallBoard, ALateCountDoesNotCountForAnotherCall) {
  CallBoard board;
  Taker late(board);
  Taker one(board);
  board.open(shape_of(1));
  EXPECT_TRUE(late.execute());
  board.open(shape_of(1));
  EXPECT_TRUE(one.execute());
  EXPECT_FALSE(late.taker.count());
  EXPECT_FALSE(board.all_ended());
  EXPECT_TRUE(one.taker.count());
  EXPECT_TRUE(board.all_ended());
  board.open(shape_of(1));
  EXPECT_TRUE(late.execute());
  board.open(shape_of(1));
  EXPECT_TRUE(late.execute()) << "it has not counted its chunk of the earlier call";
  EXPECT_TRUE(late.taker.count());
  EXPECT_TRUE(board.all_ended());
}

TEST(CallBoard, LimitsTheSizeOfCalls) {
  EXPECT_TRUE(CallBoard::fits(shape_of(CallBoard::most_chunks)));
  EXPECT_FALSE(CallBoard::fits(shape_of(CallBoard::most_chunks + 1)));
  EXPECT_TRUE(CallBoard::fits(shape_of(CallBoard::most_chunks + 1, 2)));
  EXPECT_TRUE(CallBoard::fits({twice, nullptr, CallBoard::most_tasks, 100, 1, 8}));
  EXPECT_FALSE(CallBoard::fits({twice, nullptr, CallBoard::most_tasks + 1, 100, 1, 1}));
  EXPECT_TRUE(CallBoard::fits({twice, nullptr, 2, 1, CallBoard::most_bytes / 2, 1}));
  EXPECT_FALSE(CallBoard::fits({twice, nullptr, 2, 1, CallBoard::most_bytes / 2 + 1, 1}));
  EXPECT_FALSE(CallBoard::fits({twice, nullptr, 2, 1, 1, CallBoard::most_bytes / 2 + 1}));
}

// All ends are threads of one process, since ThreadSanitizer does not see another process's accesses.
TEST(CallBoard, ThreadsExecuteEachTaskOfManyCallsOnce) {
  constexpr int workers = 3;
  CallBoard board;
  std::vector<std::unique_ptr<Taker>> takers;
  for (int i = 0; i < workers; ++i) takers.push_back(std::make_unique<Taker>(board));
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  for (const auto& taker : takers) {
    threads.emplace_back([&over, &one = *taker] {
      while (!over) {
        while (one.execute()) {
        }
        static_cast<void>(one.taker.count());
        std::this_thread::yield();
      }
    });
  }
  std::minstd_rand random(1);
  std::size_t expected = 0;
  for (int call = 0; call < 3000; ++call) {
    const std::size_t tasks = 1 + random() % 40;
    const CallShape shape = shape_of(tasks, 1 + random() % 5);
    put(board, tasks);
    board.open(shape);
    std::size_t taken_back = 0;
    if (random() % 4 == 0) {
      const std::size_t chunk = random() % shape.chunks();
      if (board.take_back(chunk)) {
        taken_back = std::min(tasks, (chunk + 1) * shape.chunk) - chunk * shape.chunk;
      }
    }
    expected += tasks - taken_back;
    // Like a pool: by the records alone if a chunk was taken back.
    const auto noted = [&] {
      std::size_t chunks = 0;
      for (const auto& taker : takers) {
        const CallWord taken(taker->record.taken.load());
        const CallWord task(taker->record.ended.load());
        if (taken.call() != board.call() || taken.count() == 0) continue;
        const std::size_t last = taker->results->chunks.at(taken.count() - 1).load();
        chunks += taken.count() - 1;
        if (task.value() == CallWord(board.call(), std::min(tasks, (last + 1) * shape.chunk)).value()) ++chunks;
      }
      return chunks + (taken_back > 0 ? 1 : 0);
    };
    while (taken_back > 0 ? noted() < shape.chunks() : !board.all_ended()) std::this_thread::yield();
    ASSERT_EQ(noted(), shape.chunks());
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  std::size_t executed = 0;
  for (const auto& taker : takers) executed += taker->executed;
  EXPECT_EQ(executed, expected);
}

}  // namespace
