#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>

#include "host/files.hpp"
#include "host/memory.hpp"
#include "other_machine.hpp"
#include "parzen/random/counter.hpp"
#include "parzen/random/legacy.hpp"
#include "resources.hpp"

namespace {

using host::available_memory;
using parzen::check_memory;
using parzen::Samples;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;
using testing::StrEq;
using testing::ThrowsMessage;

class AvailableMemory : public OtherMachine {
 protected:
  AvailableMemory() { write("proc/meminfo", "MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable:    8000 kB\n"); }
};

TEST_F(AvailableMemory, IsThatOfTheMachineWithoutALimit) {
  EXPECT_THAT(available_memory(root_), Optional(8'192'000U));
  write("proc/self/cgroup", "0::/job\n");
  write("sys/fs/cgroup/job/memory.max", "max\n");
  write("sys/fs/cgroup/job/memory.current", "123\n");
  EXPECT_THAT(available_memory(root_), Optional(8'192'000U));
}

TEST_F(AvailableMemory, IsWhatTheTightestLimitOfVersion2Leaves) {
  write("proc/self/cgroup", "0::/outer/inner\n");
  write("sys/fs/cgroup/outer/inner/memory.max", "7000000\n");
  write("sys/fs/cgroup/outer/inner/memory.current", "1000000\n");
  EXPECT_THAT(available_memory(root_), Optional(6'000'000U));
  write("sys/fs/cgroup/outer/memory.max", "5000000\n");
  EXPECT_THAT(available_memory(root_), Optional(5'000'000U));
  write("sys/fs/cgroup/outer/memory.current", "2000000\n");
  EXPECT_THAT(available_memory(root_), Optional(3'000'000U));
  write("sys/fs/cgroup/outer/inner/memory.max", "max\n");
  EXPECT_THAT(available_memory(root_), Optional(3'000'000U));
}

TEST_F(AvailableMemory, IsWhatTheTightestLimitOfVersion1Leaves) {
  write("proc/self/cgroup", "3:cpu,cpuacct:/else\n2:memory:/outer/inner\n0::/\n");
  write("sys/fs/cgroup/cpu,cpuacct/else/memory.limit_in_bytes", "1\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");  // no limit
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", "77\n");
  EXPECT_THAT(available_memory(root_), Optional(8'192'000U));
  write("sys/fs/cgroup/memory/outer/memory.limit_in_bytes", "4000000\n");
  write("sys/fs/cgroup/memory/outer/memory.usage_in_bytes", "1500000\n");
  EXPECT_THAT(available_memory(root_), Optional(2'500'000U));
}

TEST_F(AvailableMemory, IsWhatTheTightestLimitOfTheProcessLeaves) {
  write("proc/self/status", "Name:\tjob\nVmSize:\t    2000 kB\nVmData:\t    500 kB\n");
  write("proc/self/limits",
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max data size             unlimited            unlimited            bytes     \n"
        "Max address space         4096000              unlimited            bytes     \n");
  EXPECT_THAT(available_memory(root_), Optional(2'048'000U));
  write("proc/self/limits", "Max data size             1024000       1024000       bytes     \n");
  EXPECT_THAT(available_memory(root_), Optional(512'000U));
  write("proc/self/limits", "Max address space         1024       1024       bytes     \n");
  EXPECT_THAT(available_memory(root_), Optional(0U));
}

TEST_F(AvailableMemory, IsThatOfTheMountsRootIfTheGroupsPathIsTheHosts) {
  write("proc/self/cgroup", "0::/../of/the/host\n");
  write("sys/fs/cgroup/memory.max", "600\n");
  EXPECT_THAT(available_memory(root_), Optional(600U));
}

TEST_F(AvailableMemory, IncludesCachedFiles) {
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/memory.max", "5000\n");
  write("sys/fs/cgroup/memory.current", "4000\n");
  write("sys/fs/cgroup/memory.stat", "anon 500\nfile 3500\nshmem 1000\ninactive_file 2000\nactive_file 500\n");
  EXPECT_THAT(available_memory(root_), Optional(3500U));
}

TEST_F(AvailableMemory, IsNoneOverTheLimitAndUnknownWithoutAnyFile) {
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/memory.max", "5000\n");
  write("sys/fs/cgroup/memory.current", "6000\n");
  EXPECT_THAT(available_memory(root_), Optional(0U));
  std::filesystem::remove(root_ / "proc/meminfo");
  EXPECT_THAT(available_memory(root_), Optional(0U));
  EXPECT_EQ(available_memory(root_ / "nowhere"), std::nullopt);
  write("proc/meminfo", "MemTotal: 9000 kB\n");  // before Linux 3.14
  EXPECT_EQ(available_memory(root_ / "proc"), std::nullopt);
}

TEST_F(AvailableMemory, IsReadFromTheGroupsInnermostFirst) {
  write("proc/self/cgroup", "0::/outer/inner\n");
  write("sys/fs/cgroup/outer/inner/name", "inner\n");
  write("sys/fs/cgroup/name", "root\n");
  EXPECT_THAT(host::read_cgroups("memory", "name", root_), ElementsAre("inner", "root"));
}

TEST(MemoryOfSamples, ThatCannotBeAddressedIsRejected) {
  constexpr std::int64_t huge = std::int64_t{1} << 62;
  const auto rejected = ThrowsMessage<std::invalid_argument>(
      HasSubstr("4,611,686,018,427,387,904 samples of 8 dimension(s) are more than can be addressed"));
  EXPECT_THAT([] { check_memory(huge, 8, std::nullopt); }, rejected);
  EXPECT_THAT([] { Samples(huge, 8); }, rejected);
  EXPECT_THAT([] { parzen::legacy_samples(1, huge, 8); }, rejected);
  EXPECT_THAT([] { parzen::counter_samples(1, huge, 8); }, rejected);
  // The largest size that can be addressed: 2^60 - 1 doubles.
  EXPECT_NO_THROW(check_memory((std::int64_t{1} << 60) - 1, 1, std::nullopt));
  EXPECT_THROW(check_memory(std::int64_t{1} << 60, 1, std::nullopt), std::invalid_argument);
}

TEST(MemoryOfSamples, BeyondTheAvailableMemoryIsRejectedWithTheFigures) {
  EXPECT_THAT(
      [] { check_memory(10'000'000'000, 8, 22'900'000'000); },
      ThrowsMessage<parzen::ShortOfMemory>(StrEq("10,000,000,000 samples of 8 dimension(s) take 640.0 GB, but only "
                                                 "22.9 GB of memory are available: use fewer")));
  EXPECT_THROW(check_memory(101, 1, 807), parzen::ShortOfMemory);
  EXPECT_NO_THROW(check_memory(101, 1, 808));
  EXPECT_NO_THROW(check_memory(10'000'000'000, 8, std::nullopt));
}

TEST(MemoryOfSamples, IsCheckedBeforeAnAllocation) {
  ASSERT_TRUE(available_memory());
  // In kB, as in "9640 kB". Messages may add a little to it; all rejected sizes are much larger.
  const auto peak = [] { return std::stoull(host::read_field("/proc/self/status", "VmPeak")); };
  const auto before = peak();
  const auto descriptors = resources::entries("/proc/self/fd");
  const auto rejected = ThrowsMessage<parzen::ShortOfMemory>(HasSubstr("of memory are available: use fewer"));
  // Even if these were allocated, nothing would be touched: no address space has room for them.
  constexpr std::int64_t absurd = 1'000'000'000'000'000;
  EXPECT_THAT([] { Samples(absurd, 8); }, rejected);
  EXPECT_THAT([] { parzen::legacy_samples(1, absurd, 8); }, rejected);
  EXPECT_THAT([] { parzen::counter_samples(1, absurd, 8); }, rejected);
  EXPECT_LT(peak() - before, 8'192);
  EXPECT_EQ(resources::entries("/proc/self/fd"), descriptors);
}

}  // namespace
