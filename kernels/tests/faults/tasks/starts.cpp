// Tasks that overwrite the records of which tasks have started: none is started again.
#include <array>
#include <atomic>
#include <limits>
#include <thread>

#include "faults/fault_test.hpp"
#include "faults/tasks/overwrite.hpp"

namespace faults::starts {
namespace {

constexpr int tasks = 12;

struct Record {
  std::array<std::atomic<int>, tasks> starts{};
};

Record* record = nullptr;

struct Task {
  int index = 0;
  std::size_t most = 0;  // largest mapping that it overwrites, see overwrite()
  int byte = 0;
  bool dies = false;
};

constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();

/// Every third one runs so long that the program checks everything meanwhile.
int damage(Task task) {
  ++record->starts.at(static_cast<std::size_t>(task.index));
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  if (task.most > 0) overwrite(task.byte, task.most);
  if (task.dies) _exit(3);
  if (task.index % 3 == 1) std::this_thread::sleep_for(std::chrono::milliseconds(140));
  return task.index;
}

/// The same, sent as a message.
int damage_by_message(const std::vector<Task>& task) { return damage(task.at(0)); }

class Starts : public PoolFaultTest {
 protected:
  void SetUp() override { record = page.get(); }

  /// The middle task of a chunk overwrites mappings up to that size.
  void expect_no_second_start(std::size_t most, bool dies) {
    for (const int byte : {0, 1, 0xff}) {
      for (const bool by_message : {false, true}) {
        for (auto& times : page->starts) times = 0;
        make_pool(2);
        std::vector<Task> items(tasks);
        for (int index = 0; index < tasks; ++index) items[static_cast<std::size_t>(index)].index = index;
        items[4] = {4, most, byte, dies};
        std::vector<std::vector<Task>> messages;
        for (const Task& task : items) messages.push_back({task});
        // Tasks that were sent but not run yet would be affected.
        const std::size_t chunk = by_message && most == everything && !dies ? 1 : 3;
        auto future = by_message ? pool->map_async(damage_by_message, messages, {.chunk = chunk})
                                 : pool->map_async(damage, items, {.chunk = chunk});
        const auto outcomes = future.outcomes();
        EXPECT_TRUE(wrong(outcomes, [](std::size_t i) { return static_cast<int>(i); }).empty());
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
          EXPECT_LE(page->starts.at(i), 1) << "task " << i << ", byte " << byte << (by_message ? ", by message" : "");
          EXPECT_TRUE(!outcomes[i].value || page->starts.at(i) == 1) << i;
        }
        // It does not contain the records of other workers.
        if (most == most_of_the_board) {
          EXPECT_EQ(outcomes.front().value, 0);
        }
        EXPECT_EQ(pool->map(same, upto(20), {.chunk = 1}), upto(20));
        pool.reset();
      }
    }
  }

  SharedPage<Record> page;
};

TEST_P(Starts, HappenOnceIfTheBoardIsOverwritten) { expect_no_second_start(most_of_the_board, false); }

TEST_P(Starts, HappenOnceIfATaskOverwritesTheBoardAndDies) { expect_no_second_start(most_of_the_board, true); }

TEST_P(Starts, HappenOnceIfEverythingIsOverwritten) { expect_no_second_start(everything, false); }

TEST_P(Starts, HappenOnceIfATaskOverwritesEverythingAndDies) { expect_no_second_start(everything, true); }

WITH_BOTH_TRANSPORTS(Starts);

}  // namespace
}  // namespace faults::starts
