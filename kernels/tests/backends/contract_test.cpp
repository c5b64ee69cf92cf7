// The contract suite must be able to fail: it must detect each of these backends, which are broken in one way each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "backends/backend.hpp"
#include "contract.hpp"

namespace {

using backends::Backend;
using backends::Call;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Correct : Backend {
  void schedule(Call& call) override {
    for (std::size_t block = 0; block < call.size(); ++block) call.execute(block);
  }
};

struct LosesTheLastBlock : Backend {
  void schedule(Call& call) override {
    for (std::size_t block = 0; block + 1 < call.size(); ++block) call.execute(block);
  }
};

/// Right at first; then the block's old results remain, unless they are overwritten.
struct LosesABlockInTheSecondCall : Backend {
  void schedule(Call& call) override {
    for (std::size_t block = 0; block < call.size(); ++block) {
      if (calls == 0 || block != call.size() / 2) call.execute(block);
    }
    ++calls;
  }
  void begin() override { calls = 0; }
  int calls = 0;
};

struct GivesTheResultsOfTheCallBefore : Correct {
  void schedule(Call& call) override {
    Correct::schedule(call);
    const std::vector<std::byte> results(call.results().begin(), call.results().end());
    if (!before.empty()) std::ranges::copy(before, call.results().begin());
    before = results;
  }
  void begin() override { before.clear(); }
  std::vector<std::byte> before;
};

/// The results are right; the time is not.
struct ExecutesABlockTwice : Correct {
  void schedule(Call& call) override {
    Correct::schedule(call);
    call.execute(call.size() / 2);
  }
};

struct MixesUpBlocks : Correct {
  void schedule(Call& call) override {
    Correct::schedule(call);
    if (call.size() > 1) std::ranges::swap_ranges(call.results(0), call.results(call.size() - 1));
  }
};

struct IsWrongInTheSecondCall : Correct {
  void schedule(Call& call) override {
    Correct::schedule(call);
    if (calls++ > 0 && !call.results().empty()) call.results().front() ^= std::byte{1};
  }
  int calls = 0;
};

struct HandsOverTheParametersOnce : Backend {
  void schedule(Call& call) override {
    if (first.empty()) first.assign(call.input().parameters, call.input().parameters + call.loop().parameter_bytes);
    loops::Input input = call.input();
    input.parameters = first.data();
    for (std::size_t block = 0; block < call.size(); ++block) {
      try {
        call.loop().run(input, call.blocks().tasks(block), call.results(block).data());
      } catch (...) {
        call.fail(std::current_exception());
      }
    }
  }
  void begin() override { first.clear(); }
  std::vector<std::byte> first;
};

/// From the last block to the first: a different sum of floating-point numbers.
struct MergesBackwards : Correct {
  void schedule(Call& call) override {
    Correct::schedule(call);
    if (call.loop().merge == nullptr || call.size() < 3) return;
    for (std::size_t block = call.size() - 1; block > 1; --block) {
      call.loop().merge(call.results(block - 1), call.results(block));
      std::ranges::fill(call.results(block), std::byte{0});
    }
  }
};

struct SwallowsExceptions : Backend {
  void schedule(Call& call) override {
    for (std::size_t block = 0; block < call.size(); ++block) {
      try {
        call.loop().run(call.input(), call.blocks().tasks(block), call.results(block).data());
      } catch (const std::exception&) {
      }
    }
  }
};

struct LosesTheMessage : Backend {
  void schedule(Call& call) override {
    for (std::size_t block = 0; block < call.size(); ++block) {
      try {
        call.loop().run(call.input(), call.blocks().tasks(block), call.results(block).data());
      } catch (const std::exception&) {
        call.fail(std::make_exception_ptr(std::runtime_error("a task failed")));
      }
    }
  }
};

struct LeavesAChild : Correct {
  void begin() override {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    children.push_back(child);
  }
  static void reap() {
    for (const pid_t child : children) waitpid(child, nullptr, 0);
    children.clear();
  }
  static inline std::vector<pid_t> children;
};

struct LeavesADescriptor : Correct {
  void end() override { left.push_back(dup(0)); }
  static inline std::vector<int> left;
};

struct LeavesAThread : Correct {
  void end() override {
    left.emplace_back([] { go_on.wait(false); });
  }
  static void finish() {
    go_on = true;
    go_on.notify_all();
    for (std::thread& thread : left) thread.join();
    left.clear();
  }
  static inline std::atomic<bool> go_on = false;
  static inline std::vector<std::thread> left;
};

/// stop() is correct; the destructor alone leaves a descriptor.
struct ForgetsToStop : Correct {
  void begin() override { held = dup(0); }
  void end() override { close(held); }
  ~ForgetsToStop() override { left.push_back(held); }
  int held = -1;
  static inline std::vector<int> left;
};

template <class Broken>
std::vector<std::string> violations_of() {
  return contract::violations([] { return std::make_unique<Broken>(); });
}

TEST(Contract, HoldsForACorrectBackend) { EXPECT_THAT(violations_of<Correct>(), IsEmpty()); }

TEST(Contract, FindsALostBlock) {
  EXPECT_THAT(violations_of<LosesTheLastBlock>(),
              AllOf(Contains(HasSubstr("should be")), Contains(HasSubstr("map of double, 10 tasks, 2 workers, call 1: "
                                                                         "1 of 10 results are wrong; task 9: found"))));
}

TEST(Contract, FindsABlockThatIsLostInTheSecondCall) {
  const auto found = violations_of<LosesABlockInTheSecondCall>();
  EXPECT_THAT(found, Contains(HasSubstr("call 2: 1 of 10 results are wrong; task 5: found")));
  EXPECT_THAT(found, Contains(AllOf(HasSubstr("reduce of a struct"), HasSubstr("call 2: the answer is wrong"))));
  EXPECT_THAT(found, Not(Contains(HasSubstr("call 1"))));
}

TEST(Contract, FindsResultsOfAnEarlierCall) {
  const auto found = violations_of<GivesTheResultsOfTheCallBefore>();
  EXPECT_THAT(found, Contains(AllOf(HasSubstr("map of a struct"), HasSubstr("call 2: "))));
  EXPECT_THAT(found, Not(Contains(HasSubstr("call 1"))));
}

TEST(Contract, FindsABlockThatIsExecutedTwice) {
  EXPECT_THAT(violations_of<ExecutesABlockTwice>(), Contains(HasSubstr("executes task 50 of 100 2 times in 1 calls")));
}

TEST(Contract, FindsMixedUpBlocks) {
  EXPECT_THAT(violations_of<MixesUpBlocks>(),
              AllOf(Contains(HasSubstr("should be")), Contains(HasSubstr("2 of 10 results are wrong; task 0: found"))));
}

TEST(Contract, FindsAWrongSecondCall) {
  const auto found = violations_of<IsWrongInTheSecondCall>();
  EXPECT_THAT(found, AllOf(Contains(HasSubstr("second run")), Contains(HasSubstr("call 2"))));
}

TEST(Contract, FindsParametersOfTheFirstCall) {
  const auto found = violations_of<HandsOverTheParametersOnce>();
  EXPECT_THAT(found, Contains(AllOf(HasSubstr("map of a struct"), HasSubstr("call 2"))));
  EXPECT_THAT(found, Not(Contains(HasSubstr("map of double"))));
}

TEST(Contract, FindsAMergeInAnotherOrder) {
  EXPECT_THAT(violations_of<MergesBackwards>(), Contains(AllOf(HasSubstr("reduce of double"), HasSubstr("is wrong"))));
}

TEST(Contract, FindsSwallowedExceptions) {
  EXPECT_THAT(violations_of<SwallowsExceptions>(), Contains("a task that throws is not an error"));
  EXPECT_THAT(violations_of<LosesTheMessage>(),
              Contains("a task threw 'task 5 has no result', the call 'a task failed'"));
}

TEST(Contract, FindsAChildLeftBehind) {
  // The child is the fork server.
  EXPECT_THAT(contract::leftovers([] { return std::make_unique<LeavesAChild>(); }),
              Contains(AllOf(HasSubstr("before 1 children"), Not(HasSubstr("after 1 children")))));
  LeavesAChild::reap();
}

TEST(Contract, FindsADescriptorLeftBehind) {
  EXPECT_THAT(contract::leftovers([] { return std::make_unique<LeavesADescriptor>(); }),
              Contains(HasSubstr("leaves something behind when stopped")));
  for (const int descriptor : LeavesADescriptor::left) close(descriptor);
}

TEST(Contract, FindsAThreadLeftBehind) {
  EXPECT_THAT(contract::leftovers([] { return std::make_unique<LeavesAThread>(); }), Contains(HasSubstr("threads")));
  LeavesAThread::finish();
}

TEST(Contract, FindsLeftoversOfABackendThatIsDestroyedWhileStarted) {
  EXPECT_THAT(contract::leftovers([] { return std::make_unique<ForgetsToStop>(); }),
              Contains(HasSubstr("leaves something behind when destroyed")));
}

}  // namespace
