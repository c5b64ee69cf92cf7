// Cores, sockets and caches, from descriptions of several kinds of machines.
#include "machine/topology.hpp"

#include <gtest/gtest.h>

#include <string>

#include "other_machine.hpp"

namespace {

class Topology : public OtherMachine {
 protected:
  void cpu(int number, const std::string& file, const std::string& text) const {
    write("sys/devices/system/cpu/cpu" + std::to_string(number) + "/" + file, text + "\n");
  }
  void core(int number, const std::string& siblings, const std::string& package, const std::string& core) const {
    cpu(number, "topology/thread_siblings_list", siblings);
    cpu(number, "topology/physical_package_id", package);
    cpu(number, "topology/core_id", core);
  }
  void level1(int number, const std::string& size) const {
    cpu(number, "cache/index0/level", "1");
    cpu(number, "cache/index0/type", "Data");
    cpu(number, "cache/index0/size", size);
    cpu(number, "cache/index0/shared_cpu_list", std::to_string(number));
  }
};

TEST_F(Topology, OfTwoSocketsWithTwoThreadsACore) {
  for (const int number : {0, 1, 2, 3}) {
    core(number, number % 2 == 0 ? "0,2" : "1,3", std::to_string(number % 2), "0");
    level1(number, "48K");
    cpu(number, "cache/index0/shared_cpu_list", number % 2 == 0 ? "0,2" : "1,3");
  }
  EXPECT_EQ(bench::physical_cores(root_), "2");
  EXPECT_EQ(bench::sockets(root_), "2");
  EXPECT_EQ(bench::cache("1", "Data", root_), "48 KiB x 2");
  EXPECT_EQ(bench::cache("3", "Unified", root_), "unknown");
}

TEST_F(Topology, OfTwoClustersWhoseCoreNumbersRestartAndCachesDiffer) {
  for (const int number : {0, 1, 2, 3}) {
    core(number, std::to_string(number), "0", std::to_string(number % 2));
    level1(number, number < 2 ? "32K" : "64K");
  }
  EXPECT_EQ(bench::physical_cores(root_), "4");
  EXPECT_EQ(bench::sockets(root_), "1");
  EXPECT_EQ(bench::cache("1", "Data", root_), "32 KiB x 2, 64 KiB x 2");
}

TEST_F(Topology, ThatTheKernelDoesNotReportIsUnknown) {
  core(0, "0", "-1", "0");
  cpu(0, "cache/index0/level", "1");
  cpu(0, "cache/index0/type", "Data");
  EXPECT_EQ(bench::physical_cores(root_), "1");
  EXPECT_EQ(bench::sockets(root_), "unknown");
  EXPECT_EQ(bench::cache("1", "Data", root_), "unknown") << "a cache without a size";
  cpu(0, "cache/index0/size", "64K");
  EXPECT_EQ(bench::cache("1", "Data", root_), "unknown") << "a cache without its CPUs";
  std::filesystem::remove_all(root_);
  EXPECT_EQ(bench::physical_cores(root_), "unknown");
  EXPECT_EQ(bench::cache("1", "Data", root_), "unknown");
}

}  // namespace
