#include "host/processors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "other_machine.hpp"

namespace {

using host::cpu_quota;
using host::usable_processors;
using testing::Optional;

using Processors = OtherMachine;

int allowed() {
  const cpu_set_t set = host::affinity();
  return CPU_COUNT(&set);
}

TEST_F(Processors, HaveTheTightestQuotaOfVersion2) {
  write("proc/self/cgroup", "0::/outer/inner\n");
  write("sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
  EXPECT_THAT(cpu_quota(root_), Optional(std::numeric_limits<double>::infinity()));
  write("sys/fs/cgroup/outer/cpu.max", "50000 100000\n");
  EXPECT_THAT(cpu_quota(root_), Optional(0.5));
  write("sys/fs/cgroup/outer/inner/cpu.max", "10000 100000\n");
  EXPECT_THAT(cpu_quota(root_), Optional(0.1));
}

TEST_F(Processors, HaveTheTightestQuotaOfVersion1) {
  write("proc/self/cgroup", "3:cpu,cpuacct:/outer/inner\n");
  write("sys/fs/cgroup/cpu,cpuacct/outer/inner/cpu.cfs_quota_us", "-1\n");
  write("sys/fs/cgroup/cpu,cpuacct/outer/inner/cpu.cfs_period_us", "100000\n");
  EXPECT_THAT(cpu_quota(root_), Optional(std::numeric_limits<double>::infinity()));
  write("sys/fs/cgroup/cpu,cpuacct/outer/cpu.cfs_quota_us", "150000\n");
  EXPECT_EQ(cpu_quota(root_), std::nullopt) << "a quota without its period is unknown";
  write("sys/fs/cgroup/cpu,cpuacct/outer/cpu.cfs_period_us", "100000\n");
  EXPECT_THAT(cpu_quota(root_), Optional(1.5));
}

TEST_F(Processors, HaveAnUnknownQuotaWithoutAnyFile) { EXPECT_EQ(cpu_quota(root_), std::nullopt); }

TEST_F(Processors, HaveAnUnknownQuotaIfAFileIsMalformed) {
  write("proc/self/cgroup", "0::/outer/inner\n");
  write("sys/fs/cgroup/outer/cpu.max", "50000 100000\n");
  for (const char* text : {"50000", "some 100000", "50000 many", "50000 0", "-2 100000", "0 100000", "nan 100000"}) {
    write("sys/fs/cgroup/outer/inner/cpu.max", text);
    EXPECT_EQ(cpu_quota(root_), std::nullopt) << text;
    EXPECT_EQ(usable_processors(root_), allowed()) << text;
  }
}

TEST_F(Processors, AreLimitedByAffinityAndQuota) {
  ASSERT_GE(allowed(), 1);
  EXPECT_EQ(usable_processors(root_), allowed()) << "the quota is unknown";
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(usable_processors(root_), allowed());
  write("sys/fs/cgroup/cpu.max", "10000000000 1\n");
  EXPECT_EQ(usable_processors(root_), allowed()) << "a quota adds no CPUs";
  write("sys/fs/cgroup/cpu.max", "1000 100000\n");
  EXPECT_EQ(usable_processors(root_), 1) << "a hundredth of a CPU rounds to 0; the least is 1";
  write("sys/fs/cgroup/cpu.max", "160000 100000\n");
  EXPECT_EQ(usable_processors(root_), std::min(allowed(), 2));
  write("sys/fs/cgroup/cpu.max", "140000 100000\n");
  EXPECT_EQ(usable_processors(root_), 1);
}

}  // namespace
