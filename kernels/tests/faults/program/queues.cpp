// A queue whose reader does not get the memory for a message.
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "faults/fault_test.hpp"
#include "faults/program/failing_allocations.hpp"
#include "processes/queue.hpp"

namespace faults::queues {
namespace {

class Queues : public FaultTest {
 protected:
  /// Reads all messages while these allocations fail; returns whether one did. They fit into the pipe.
  static bool read_all(const std::vector<std::string>& messages, const allocations::Failures& which) {
    processes::Queue<std::string> queue;
    for (const std::string& message : messages) queue.put(message);
    queue.close_writer();
    std::vector<std::string> found;
    found.reserve(messages.size() + 1);
    const bool any = allocations::failed_in(which, [&] {
      for (bool ended = false; !ended;) {
        try {
          auto message = queue.get();
          ended = !message;
          if (message) found.push_back(std::move(*message));
        } catch (const std::bad_alloc&) {
        }
      }
    });
    EXPECT_EQ(found, messages) << which.in_a_row << " from " << which.first;
    return any;
  }
};

TEST_F(Queues, LoseNoMessageThatThereWasNoMemoryFor) {
  in_child([] {  // exceptions leave memory of the C library mapped
    const std::vector<std::string> messages{std::string(10'000, 'a'), "short", std::string(5'000, 'b'), "",
                                            std::string(100, 'c')};
    for (const long in_a_row : {1, 2, 5}) {
      long first = 0;
      while (read_all(messages, {first, in_a_row})) ++first;
      EXPECT_GT(first, 0) << "no allocation could fail";
    }
  });
}

}  // namespace
}  // namespace faults::queues
