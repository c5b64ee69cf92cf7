// Tasks that damage the connection of their worker with the pool: every task is still resolved in bounded time.
#include <fcntl.h>
#include <sys/time.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include "faults/fault_test.hpp"
#include "faults/tasks/overwrite.hpp"

namespace faults::damage {
namespace {

namespace fs = std::filesystem;

using processes::WorkerControl;
using processes::WorkerLost;

struct Files {
  std::atomic<int> bytes = 0;
};

Files* files = nullptr;

/// Closes all descriptors and opens a file with each of their numbers, so that the worker has none left.
int open_files_of_its_own(const std::string& file) {
  for (int descriptor = 3; descriptor < 64; ++descriptor) ::close(descriptor);
  for (int number = 0; number < 32; ++number) {
    static_cast<void>(::open(file.c_str(), O_RDWR | O_APPEND));
  }
  return 1;
}

int overwrite_shared_memory(int byte) {
  overwrite(byte, std::numeric_limits<std::size_t>::max());
  return byte;
}

std::vector<char> make(int bytes) { return std::vector<char>(static_cast<std::size_t>(bytes), 'x'); }

std::vector<char> make_after_clearing_positions(int bytes) {
  overwrite_control(0, offsetof(WorkerControl, responses), sizeof(std::uint64_t));
  return make(bytes);
}

/// In a thread that outlives the task.
int clear_positions_of_requests_later(int item) {
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    overwrite_control(0, offsetof(WorkerControl, requests), sizeof(std::uint64_t));
  }).detach();
  return item;
}

int clear_what_was_started_and_die(int item) {
  ++files->bytes;
  overwrite_control(0, offsetof(WorkerControl, tasks_started), 24);
  _exit(item);
}

int clear_that_it_is_known(int item) {
  overwrite_control(0, offsetof(WorkerControl, is_known), sizeof(std::uint32_t));
  return item;
}

/// The program finds more bytes than the ring has, and the worker never corrects that.
int overwrite_what_was_answered(int item) {
  overwrite_control(0x7f, offsetof(WorkerControl, responses) + offsetof(processes::RingPositions, tail),
                    sizeof(std::uint64_t));
  return never_end(item);
}

int set_the_halt(int item) {
  overwrite_control(1, offsetof(WorkerControl, halt), sizeof(std::uint32_t));
  return item;
}

int clear_the_board(int item) {
  overwrite(0, most_of_the_board);
  return item;
}

int fill_the_board(int item) {
  overwrite(0xff, most_of_the_board);
  return item;
}

/// The worker's record of the call on the board.
int clear_the_record(int item) {
  overwrite_control(0, offsetof(WorkerControl, call), sizeof(processes::CallRecord));
  return item;
}

class Damage : public PoolFaultTest {
 protected:
  void SetUp() override { files = page.get(); }

  SharedPage<Files> page;
};

TEST_P(Damage, OfDescriptorsHangsNothingAndWritesToNoFileOfTheTask) {
  const fs::path file = fs::temp_directory_path() / ("own" + std::to_string(getpid()));
  std::ofstream(file).close();
  make_pool(2);
  for (int round = 0; round < 10; ++round) {
    try {
      EXPECT_EQ(pool->apply(open_files_of_its_own, file.string()), 1);
    } catch (const WorkerLost&) {
      EXPECT_EQ(GetParam(), processes::Transport::pipe);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // all of them sleep then
    EXPECT_EQ(pool->map(same, upto(100), {.chunk = 3}), upto(100));
  }
  EXPECT_EQ(fs::file_size(file), 0U);
  fs::remove(file);
}

TEST_P(Damage, OfAllSharedMemoryResolvesEveryTask) {
  for (const int byte : {0, 1, 0x7f, 0xff}) {
    make_pool(2);
    for (int round = 0; round < 5; ++round) {
      auto damaged = pool->apply_async(overwrite_shared_memory, byte);
      auto others = pool->map_async(same, upto(50), {.chunk = 3});
      static_cast<void>(others.outcomes());
      try {
        static_cast<void>(damaged.get());
      } catch (const std::exception&) {  // of any type
      }
      static_cast<void>(pool->map_async(same, upto(50), {.chunk = 3}).outcomes());
    }
    pool.reset();
  }
}

TEST_P(Damage, OfTheSleepFlagsDelaysAndLosesNothing) {
  make_pool(2);
  const auto clear_while_the_program_sleeps = +[](int item) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return clear_the_board(item);
  };
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(pool->map(clear_while_the_program_sleeps, upto(4), {.chunk = 1}), upto(4));
  }
  EXPECT_EQ(pool->statistics().workers_lost, 0U);
}

TEST_P(Damage, OfTheBoardDelaysItsCallAndRunsNothingTwice) {
  make_pool(3);
  const auto damage_it_once = +[](int item) {
    ++files->bytes;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (item == 5) clear_the_board(item);
    if (item == 9) fill_the_board(item);
    return item;
  };
  for (int round = 1; round <= 5; ++round) {
    EXPECT_EQ(pool->map(damage_it_once, upto(20), {.chunk = 1}), upto(20));
    EXPECT_EQ(page->bytes, 20 * round);
  }
  EXPECT_EQ(pool->statistics().workers_lost, 0U);
}

TEST_P(Damage, OfAWorkersRecordFailsOnlyItsTasks) {
  make_pool(2);
  const auto damage_it_once = +[](int item) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return item == 5 ? clear_the_record(item) : item;
  };
  for (int round = 0; round < 5; ++round) {
    const auto outcomes = pool->map_async(damage_it_once, upto(40), {.chunk = 2}).outcomes();
    EXPECT_TRUE(wrong(outcomes, [](std::size_t i) { return static_cast<int>(i); }).empty());
    // No later record of the worker repairs this.
    const auto last = pool->map_async(damage_it_once, {5}).outcomes();
    EXPECT_EQ(last.front().value.has_value(), GetParam() == processes::Transport::pipe);
    EXPECT_EQ(pool->map(same, upto(40), {.chunk = 2}), upto(40));
  }
}

TEST_P(Damage, OfAWorkersOutcomesKillsIt) {
  if (GetParam() == processes::Transport::pipe) GTEST_SKIP() << "outcomes are not in shared memory";
  make_pool(2);
  for (int round = 0; round < 2; ++round) {
    EXPECT_THROW(pool->apply(overwrite_what_was_answered, 1), WorkerLost);
    EXPECT_EQ(failed_with<WorkerLost>(pool->map_async(overwrite_what_was_answered, {1}).outcomes()).size(), 1U);
    EXPECT_EQ(pool->map(same, upto(20), {.chunk = 1}), upto(20));
  }
  EXPECT_EQ(pool->statistics().workers_lost, 4U);
}

TEST_P(Damage, OfThePermissionToClaimDelaysTheNextCall) {
  make_pool(1);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(pool->map(clear_that_it_is_known, upto(3), {.chunk = 1}), upto(3));
    EXPECT_EQ(pool->map(same, upto(3), {.chunk = 1}), upto(3));
  }
}

TEST_P(Damage, OfTheDescriptionOfACallIsNotPossible) {
  make_pool(2);
  const auto overwrite_what_is_read_only = +[](int item) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      if (line.find("memfd:processes") == std::string::npos || line.find("r--s") == std::string::npos) continue;
      // NOLINTNEXTLINE(performance-no-int-to-ptr)
      *reinterpret_cast<volatile char*>(std::stoul(line, nullptr, 16)) = 1;
    }
    return item;
  };
  const auto error = thrown_by<WorkerLost>([&] { pool->apply(overwrite_what_is_read_only, 1); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->status.value, SIGSEGV);
  // And no process has another mapping of it, such as a copy of the program's.
  const auto writable = +[](int) {
    std::ifstream maps("/proc/self/maps");
    int found = 0;
    for (std::string line; std::getline(maps, line);) {
      const bool may_write =
          line.find("memfd:processes") != std::string::npos && line.find("rw-s") != std::string::npos;
      const auto size = std::stoul(line.substr(line.find('-') + 1), nullptr, 16) - std::stoul(line, nullptr, 16);
      if (may_write && size > processes::CallBoard::most_bytes) ++found;
    }
    return found;
  };
  const int own = GetParam() == processes::Transport::shared ? 1 : 0;  // its rings, and its results
  EXPECT_EQ(pool->apply(writable, 0), own);
}

TEST_P(Damage, OfTheProgramsReadPositionDelaysTheWorkerThatWaitsForRoom) {
  make_pool(1);
  for (const int bytes : {350'000, 2'000'000}) {
    EXPECT_EQ(pool->map(make, {bytes, bytes}, {.chunk = 1}).size(), 2U);
    for (int round = 0; round < 3; ++round) {
      EXPECT_EQ(pool->apply(make_after_clearing_positions, bytes).size(), static_cast<std::size_t>(bytes));
    }
  }
}

TEST_P(Damage, OfTheWorkersReadPositionDelaysTheProgramThatWaitsForRoom) {
  make_pool(1);
  const auto size = +[](const std::vector<char>& bytes) { return bytes.size(); };
  EXPECT_EQ(pool->apply(size, make(2'000'000)), 2'000'000U);
  EXPECT_EQ(pool->apply(clear_positions_of_requests_later, 1), 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(pool->apply(size, make(2'000'000)), 2'000'000U);
}

/// Such as a profiler's: the worker never sleeps as long as it may.
TEST_P(Damage, OfTheWorkersReadPositionIsRepairedThoughSignalsWakeTheWorker) {
  make_pool(1);
  const auto begin_a_timer = +[](int item) {
    struct sigaction handled{};
    handled.sa_handler = [](int) {};
    sigaction(SIGALRM, &handled, nullptr);
    const itimerval often{.it_interval = {.tv_sec = 0, .tv_usec = 100'000},
                          .it_value = {.tv_sec = 0, .tv_usec = 100'000}};
    setitimer(ITIMER_REAL, &often, nullptr);
    return item;
  };
  EXPECT_EQ(pool->apply(begin_a_timer, 1), 1);
  const auto size = +[](const std::vector<char>& bytes) { return bytes.size(); };
  EXPECT_EQ(pool->apply(size, make(2'000'000)), 2'000'000U);
  EXPECT_EQ(pool->apply(clear_positions_of_requests_later, 1), 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(pool->apply(size, make(2'000'000)), 2'000'000U);
}

TEST_P(Damage, OfTheCountOfStartedTasksFailsItsTaskOnce) {
  make_pool(2);
  auto damaged = pool->apply_async(clear_what_was_started_and_die, 3);
  auto others = pool->map_async(same, upto(300), {.chunk = 3});
  EXPECT_THROW(damaged.get(), WorkerLost);
  EXPECT_EQ(others.get(), upto(300));
  EXPECT_EQ(page->bytes, 1);
}

TEST_P(Damage, OfTheHaltFlagDelaysTheNextTask) {
  make_pool(1, {.deadline = std::chrono::hours(1)});
  EXPECT_EQ(pool->map(set_the_halt, upto(3), {.chunk = 1}), upto(3));
}

WITH_BOTH_TRANSPORTS(Damage);

}  // namespace
}  // namespace faults::damage
