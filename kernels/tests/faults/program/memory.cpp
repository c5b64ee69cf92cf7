// How much address space, file space and memory a pool takes and frees.
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"

namespace faults::memory {
namespace {

using processes::MessageTooLarge;
using processes::Transport;

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

/// Sums a field of /proc/PID/smaps over all mappings whose name contains the text, in bytes.
std::size_t mapped(pid_t pid, const std::string& field, const std::string& name) {
  std::ifstream smaps("/proc/" + std::to_string(pid) + "/smaps");
  std::size_t sum = 0;
  bool wanted = false;
  for (std::string line; std::getline(smaps, line);) {
    if (line.find('-') < line.find(' ') && line.find(':') > line.find(' ')) {
      wanted = line.find(name) != std::string::npos;
    } else if (wanted && line.starts_with(field + ":")) {
      sum += std::stoul(line.substr(field.size() + 1)) * 1024;
    }
  }
  return sum;
}

void set_limit(decltype(RLIMIT_AS) what, rlim_t bytes) {
  rlimit limit{};
  getrlimit(what, &limit);
  limit.rlim_cur = bytes;
  setrlimit(what, &limit);
}

std::vector<char> make(std::size_t bytes) { return std::vector<char>(bytes, 'x'); }

class Memory : public PoolFaultTest {
 protected:
  void SetUp() override {
    if (sanitized::addresses || sanitized::threads) GTEST_SKIP() << "a sanitizer needs unlimited address space";
  }
};

TEST_P(Memory, AddressSpaceIsTakenWhenALargeMessageComes) {
  make_pool(2);
  const pid_t worker = pool->pids().front();
  EXPECT_LT(mapped(getpid(), "Size", "memfd:processes"), 12 * mebibyte);
  EXPECT_LT(mapped(worker, "Size", "memfd:processes"), 6 * mebibyte);
  EXPECT_EQ(pool->apply(make, 40 * mebibyte).size(), 40 * mebibyte);
  if (GetParam() == Transport::shared) {
    EXPECT_GT(mapped(getpid(), "Size", "memfd:processes"), 40 * mebibyte);
  }
}

TEST_P(Memory, OfVeryLargeResultsIsGivenBack) {
  make_pool(1);
  for (int round = 0; round < 3; ++round) EXPECT_EQ(pool->apply(make, 200 * mebibyte).size(), 200 * mebibyte);
  EXPECT_EQ(pool->apply(same, 1), 1);
  EXPECT_LT(mapped(pool->pids().front(), "Rss", "memfd:processes"), 80 * mebibyte);
  EXPECT_LT(mapped(getpid(), "Rss", "memfd:processes"), 80 * mebibyte);
  EXPECT_LT(mapped(getpid(), "Size", "memfd:processes"), 80 * mebibyte) << "it frees address space as well";
  // The same for arguments.
  const auto size = +[](const std::vector<char>& bytes) { return bytes.size(); };
  EXPECT_EQ(pool->apply(size, make(200 * mebibyte)), 200 * mebibyte);
  EXPECT_EQ(pool->apply(same, 1), 1);
  EXPECT_LT(mapped(getpid(), "Rss", "memfd:processes"), 80 * mebibyte);
}

TEST_P(Memory, IsNotInACoreDumpOfAWorker) {
  make_pool(1);
  EXPECT_EQ(pool->apply(make, 40 * mebibyte).size(), 40 * mebibyte);
  std::ifstream smaps("/proc/" + std::to_string(pool->pids().front()) + "/smaps");
  bool shared = false;
  int found = 0;
  std::size_t bytes = 0;
  for (std::string line; std::getline(smaps, line);) {
    if (line.find("memfd:processes") != std::string::npos) shared = true;
    if (line.starts_with("Size:")) bytes = std::stoul(line.substr(5)) * 1024;
    if (!line.starts_with("VmFlags:")) continue;
    if (shared && bytes > mebibyte / 16) {  // one page of an unused window is allowed
      ++found;
      EXPECT_NE(line.find(" dd"), std::string::npos) << line;
    }
    shared = false;
  }
  EXPECT_GE(found, GetParam() == Transport::shared ? 2 : 0);
}

TEST_P(Memory, ALimitOfAddressSpaceAsBatchSystemsSetItIsEnough) {
  in_child([this] {
    set_limit(RLIMIT_AS, 1000 * mebibyte);
    make_pool(8);
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    EXPECT_EQ(pool->apply(make, 20 * mebibyte).size(), 20 * mebibyte);
    EXPECT_THROW(pool->apply(make, 900 * mebibyte), processes::TaskError);
    EXPECT_EQ(pool->apply(same, 1), 1);
    pool.reset();
  });
}

TEST_P(Memory, AResultThatTheProgramHasNoRoomForIsAnErrorOfItsTask) {
  if (GetParam() == Transport::pipe) GTEST_SKIP() << "the program reads it in pieces";
  in_child([this] {
    make_pool(1);
    set_limit(RLIMIT_AS, 400 * mebibyte);
    EXPECT_THROW(pool->apply(make, 600 * mebibyte), processes::OutOfAddressSpace);
    EXPECT_EQ(pool->apply(same, 1), 1);
    EXPECT_THROW(pool->apply(make, 900 * mebibyte), processes::OutOfAddressSpace);
    EXPECT_EQ(pool->statistics().workers_lost, 0U);
    pool.reset();
  });
}

TEST_P(Memory, ALimitOfFilesLimitsMessages) {
  in_child([this] {
    set_limit(RLIMIT_FSIZE, 20 * mebibyte);
    make_pool(1);
    EXPECT_EQ(pool->map(same, upto(100)), upto(100));
    EXPECT_EQ(pool->apply(make, 5 * mebibyte).size(), 5 * mebibyte);
    const auto size = +[](const std::vector<char>& bytes) { return bytes.size(); };
    if (GetParam() == Transport::shared) {
      EXPECT_THROW(pool->apply(make, 15 * mebibyte), processes::TaskError);
      EXPECT_THROW(pool->apply(size, make(15 * mebibyte)), MessageTooLarge);
    } else {
      EXPECT_EQ(pool->apply(size, make(15 * mebibyte)), 15 * mebibyte);
    }
    EXPECT_EQ(pool->apply(same, 1), 1);
    pool.reset();
  });
}

/// The private memory of a process, in bytes.
std::size_t own_memory(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(rollup, line);) {
    if (line.starts_with("Private_Dirty:") || line.starts_with("Anonymous:")) {
      std::istringstream words(line.substr(line.find(':') + 1));
      std::size_t kibibytes = 0;
      words >> kibibytes;
      if (line.starts_with("Private_Dirty:")) return kibibytes * 1024;
    }
  }
  return 0;
}

TEST_P(Memory, ThatTheProgramTakesAfterItsForkServerIsInNoProcessOfAPool) {
  in_child([this] {
    const processes::ForkServer fork_server;
    std::vector<char> data(200 * mebibyte, 'a');
    make_pool(1);
    EXPECT_EQ(pool->apply(same, 1), 1);
    const pid_t worker = pool->pids().front();
    const pid_t supervisor = state_of(worker).parent;
    std::ranges::fill(data, 'b');  // a copy would be kept
    for (const pid_t each : {worker, supervisor, state_of(supervisor).parent}) {
      EXPECT_LT(own_memory(each), 50 * mebibyte);
    }
    EXPECT_EQ(data.back(), 'b');
    pool.reset();
  });
}

WITH_BOTH_TRANSPORTS(Memory);

}  // namespace
}  // namespace faults::memory
