#include "processes/pool.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "pool_fixture.hpp"
#include "processes/os/packet_socket.hpp"

namespace {

using processes::PoolClosed;
using processes::ProcessPool;
using processes::TaskError;
using testing::ElementsAre;

TEST_F(PoolTest, AppliesAndMapsInOrder) {
  ProcessPool pool(4);
  const std::vector<long> inputs{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(pool.apply(cube, 3), 27);
  EXPECT_THAT(pool.map(cube, inputs), ElementsAre(1, 8, 27, 64, 125, 216));
  auto future = pool.apply_async(cube, 4);
  auto futures = pool.map_async(cube, inputs);
  EXPECT_EQ(future.get(), 64);
  EXPECT_EQ(future.get(), 64) << "a result can be read again";
  EXPECT_THAT(futures.get(), ElementsAre(1, 8, 27, 64, 125, 216));
  pool.close();
  pool.join();
}

TEST_F(PoolTest, MapsEveryNumberOfItemsInEveryChunk) {
  for (const int workers : {1, 2, 5}) {
    ProcessPool pool(workers);
    for (const int n : {0, 1, 2, 7, 64, 1000}) {
      for (const std::size_t chunk : {0UL, 1UL, 3UL, 1000UL}) {
        ASSERT_EQ(pool.map(same, upto(n), {.chunk = chunk}), upto(n)) << workers << " " << n << " " << chunk;
      }
    }
  }
}

/// No core dumps and no sanitizer's handlers.
void default_signals() {
  const rlimit no_core_dump{};
  setrlimit(RLIMIT_CORE, &no_core_dump);
  std::signal(SIGSEGV, SIG_DFL);
}

long shared_number(std::size_t memory) {
  return *reinterpret_cast<const long*>(processes::shared_memory(memory).data());
}

bool write_shared_number(std::size_t memory, std::size_t position, long number) {
  reinterpret_cast<long*>(processes::shared_memory(memory).data())[position] = number;
  return true;
}

TEST_F(PoolTest, SharesMemoryThatWorkersMayWriteIfAllowed) {
  using processes::SharedMemory;
  constexpr std::size_t numbers = 100;
  const SharedMemory to_read(sizeof(long));
  const SharedMemory to_write(numbers * sizeof(long), SharedMemory::Others::write);
  ProcessPool pool(2, {.shared = {to_read, to_write}});
  *reinterpret_cast<long*>(to_read.data()) = 5;  // after the pool has started
  EXPECT_EQ(pool.apply(shared_number, 0UL), 5);
  for (std::size_t i = 0; i < numbers; ++i) pool.apply(write_shared_number, 1UL, i, static_cast<long>(2 * i));
  for (std::size_t i = 0; i < numbers; ++i) {
    EXPECT_EQ(reinterpret_cast<const long*>(to_write.data())[i], static_cast<long>(2 * i));
  }
  reinterpret_cast<long*>(to_write.data())[0] = 9;
  EXPECT_EQ(pool.apply(shared_number, 1UL), 9) << "each sees the other's writes";
}

TEST_F(PoolTest, AWorkerThatWritesWhereItMayOnlyReadIsKilled) {
  const processes::SharedMemory to_read(sizeof(long));
  *reinterpret_cast<long*>(to_read.data()) = 5;
  ProcessPool pool(1, {.initialiser = processes::call(default_signals), .shared = {to_read}});
  try {
    pool.apply(write_shared_number, 0UL, 0UL, 6L);
    FAIL() << "it wrote";
  } catch (const processes::WorkerLost& lost) {
    EXPECT_EQ(lost.status.kind, processes::ExitStatus::Kind::signalled);
    EXPECT_EQ(lost.status.value, SIGSEGV);
  }
  EXPECT_EQ(pool.apply(shared_number, 0UL), 5);
}

TEST_F(PoolTest, CarriesArgumentsAndResultsOfEveryKind) {
  ProcessPool pool(2);
  EXPECT_EQ(pool.apply(
                +[](const std::string& a, int b, const std::vector<double>& c) {
                  return a + std::to_string(b) + "/" + std::to_string(c.size());
                },
                "text", 7, std::vector{1.0, 2.0}),
            "text7/2");
  using Names = std::map<std::string, std::vector<int>>;
  EXPECT_EQ(pool.apply(+[](Names names) { return names["a"]; }, Names{{"a", {1, 2}}}), (std::vector{1, 2}));
  EXPECT_EQ(pool.apply(+[](std::optional<int> x) { return x.has_value(); }, std::nullopt), false);
}

TEST_F(PoolTest, SendsLargeArgumentsAndResults) {
  ProcessPool pool(2);
  const std::vector<std::string> large(6, std::string(4 << 20, 'x'));
  EXPECT_EQ(pool.map(+[](const std::string& text) { return text + text; }, large, {.chunk = 1}),
            std::vector<std::string>(6, std::string(8 << 20, 'x')));
}

TEST_F(PoolTest, InitialisesEachWorker) {
  static int value = 0;
  ProcessPool pool(3, {.initialiser = processes::call(+[](int initial) { value = initial; }, 42)});
  EXPECT_EQ(pool.map(+[](int) { return value; }, upto(12)), std::vector<int>(12, 42));
  EXPECT_EQ(value, 0) << "the parent's copy is unchanged";
}

TEST_F(PoolTest, InitialisesByArgumentsOfAnyLength) {
  // Short ones are sent in a packet, longer ones in shared memory: sizes on both sides of the limit.
  static std::size_t length = 0;
  for (std::size_t size = 0; size <= processes::PacketSocket::most_bytes + 8; size += 8) {
    ProcessPool pool(1, {.initialiser = processes::call(
                             +[](const std::string& text) { length = text.size(); }, std::string(size, 'x'))});
    EXPECT_EQ(pool.apply(+[] { return length; }), size);
  }
}

std::ptrdiff_t descriptors_of_the_supervisor(int /*task*/) {
  return std::distance(std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", getppid())), {});
}

TEST_F(PoolTest, KeepsNoDescriptorOfSharedMemoryThatWorkersInherit) {
  const processes::SharedMemory memory(1);
  ProcessPool without(1);
  ProcessPool with(1, {.shared = {memory, memory, memory}});
  const auto surplus = [&] {
    return with.apply(descriptors_of_the_supervisor, 0) - without.apply(descriptors_of_the_supervisor, 0);
  };
  // A worker may run before its supervisor has closed the descriptors of its start.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (surplus() != 0 && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(surplus(), 0);
}

TEST_F(PoolTest, CarriesExceptionsWithTypeMessageAndIndex) {
  ProcessPool pool(2);
  try {
    pool.map(+[](int x) -> int { return x == 5 ? throw std::out_of_range("five is too much") : x; }, upto(10),
             {.chunk = 3});
    FAIL() << "no exception";
  } catch (const TaskError& error) {
    EXPECT_EQ(error.index, 5U);
    EXPECT_EQ(error.type, "std::out_of_range");
    EXPECT_EQ(error.message, "five is too much");
    EXPECT_STREQ(error.what(), "task 5 threw std::out_of_range: five is too much");
  }
  try {
    pool.apply(+[](int x) -> int { throw x; }, 1);
    FAIL() << "no exception";
  } catch (const TaskError& error) {
    EXPECT_EQ(error.type, "int");
    EXPECT_EQ(error.message, "");
  }
  EXPECT_EQ(pool.apply(cube, 2), 8) << "the workers go on";
}

TEST_F(PoolTest, OfSeveralFailuresThrowsTheFirstByIndex) {
  ProcessPool pool(3);
  for (int round = 0; round < 20; ++round) {
    auto future =
        pool.map_async(+[](int x) -> int { throw std::runtime_error(std::to_string(x)); }, upto(9), {.chunk = 1});
    try {
      future.get();
      FAIL() << "no exception";
    } catch (const TaskError& error) {
      ASSERT_EQ(error.message, "0");
    }
  }
}

TEST_F(PoolTest, CountsTheMessagesOfBothDirections) {
  for (const auto transport : {processes::Transport::shared, processes::Transport::pipe}) {
    ProcessPool pool(1, {.transport = transport});
    pool.apply(same, 5);
    // One request and one response: a header and an int.
    const auto one = pool.statistics();
    EXPECT_EQ(one.messages, 2U);
    EXPECT_GT(one.message_bytes, 2 * sizeof(int));
    pool.map(same, upto(10), {.chunk = 5});
    const auto more = pool.statistics();
    const bool in_place = transport == processes::Transport::shared;
    EXPECT_EQ(more.messages - one.messages, in_place ? 1U : 12U) << "one call, or two requests and a response per task";
    EXPECT_GE(more.message_bytes, one.message_bytes + 20 * sizeof(int));
    EXPECT_THROW(pool.apply(+[](int x) -> int { throw x; }, 1), TaskError);
    EXPECT_EQ(pool.statistics().messages, more.messages + 2U) << "an exception is a response";
  }
}

TEST_F(PoolTest, CloseJoinAndTerminate) {
  ProcessPool pool(2);
  auto future = pool.map_async(cube, {1, 2, 3});
  EXPECT_THROW(pool.join(), std::logic_error);
  pool.close();
  EXPECT_THROW(pool.apply(cube, 1), PoolClosed);
  pool.join();
  EXPECT_TRUE(pool.pids().empty());
  EXPECT_THAT(future.get(), ElementsAre(1, 8, 27)) << "tasks submitted before close() have run";

  ProcessPool other(2);
  auto endless = other.apply_async(never_end, 1);
  EXPECT_FALSE(endless.ready());
  other.terminate();
  EXPECT_TRUE(endless.ready());
  EXPECT_THROW(endless.get(), PoolClosed);
}

TEST_F(PoolTest, AFutureOutlivesItsPool) {
  auto [done, open] = [] {
    ProcessPool pool(1);
    auto first = pool.apply_async(cube, 5);
    first.wait();
    return std::pair(first, pool.apply_async(never_end, 1));
  }();
  EXPECT_EQ(done.get(), 125);
  EXPECT_THROW(open.get(), PoolClosed);
}

TEST_F(PoolTest, PoolsMadeOneAfterAnotherEndInAnyOrder) {
  // The second pool's workers are forked with copies of the first one's pipes.
  auto first = std::make_unique<ProcessPool>(2);
  auto second = std::make_unique<ProcessPool>(2);
  EXPECT_EQ(first->apply(cube, 2), 8);
  first->close();
  first->join();
  EXPECT_EQ(second->apply(cube, 3), 27);
  second->close();
  second->join();
}

TEST_F(PoolTest, RejectsInvalidNumbersOfWorkers) {
  for (const int workers : {0, -1, 4097}) EXPECT_THROW(ProcessPool pool(workers), std::invalid_argument);
}

TEST_F(PoolTest, RejectsInvalidSpins) {
  using namespace std::chrono_literals;
  const auto spinning_for = [](std::chrono::nanoseconds spin) { ProcessPool pool(1, {.spin = spin}); };
  for (const std::chrono::nanoseconds spin : {-1ns, 10'000'001ns}) {
    EXPECT_THROW(spinning_for(spin), std::invalid_argument);
  }
  for (const std::chrono::nanoseconds spin : {0ns, 10'000'000ns}) EXPECT_NO_THROW(spinning_for(spin));
}

}  // namespace
