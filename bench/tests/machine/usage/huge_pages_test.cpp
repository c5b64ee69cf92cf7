#include "machine/usage/huge_pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "host/huge_pages.hpp"
#include "machine/machine.hpp"
#include "parzen/random/counter.hpp"
#include "parzen/random/legacy.hpp"
#include "parzen/samples.hpp"

namespace {

using testing::AnyOf;

const std::size_t huge_page = host::huge_page_size();

/// A huge page has 512 MiB where a page has 64 KiB: tests that fill some would need gigabytes.
bool are_large() { return huge_page > std::size_t{64} << 20U; }

// From Linux 6.1, shortened: shared memory in huge pages, private memory next to it, a file.
constexpr const char* recorded = R"(55c0a8e00000-55c0a8e21000 rw-p 00000000 00:00 0                          [heap]
Size:                132 kB
Rss:                  40 kB
AnonHugePages:         0 kB
ShmemPmdMapped:        0 kB
FilePmdMapped:         0 kB
VmFlags: rd wr mr mw me ac sd
7f1200000000-7f1209c00000 rw-s 00000000 00:01 1037                       /memfd:processes (deleted)
Size:             159744 kB
Rss:              159744 kB
AnonHugePages:         0 kB
ShmemPmdMapped:   157696 kB
FilePmdMapped:         0 kB
THPeligible:           1
VmFlags: rd wr sh mr mw me ms sd hg
7f1209c00000-7f120a400000 rw-p 00000000 00:00 0
Size:               8192 kB
AnonHugePages:      4096 kB
ShmemPmdMapped:        0 kB
FilePmdMapped:         0 kB
7f120b000000-7f120b400000 r-xp 00000000 fe:00 300                        /usr/lib/large.so
Size:               4096 kB
AnonHugePages:         0 kB
ShmemPmdMapped:        0 kB
FilePmdMapped:      2048 kB
)";

std::size_t in_recorded(std::uintptr_t address) {
  std::istringstream smaps(recorded);
  return bench::huge_page_bytes(smaps, reinterpret_cast<const void*>(address));  // NOLINT(*-no-int-to-ptr)
}

TEST(HugePages, AreThoseOfTheMappingOfTheAddress) {
  constexpr std::size_t kibibyte = 1024;
  EXPECT_EQ(in_recorded(0x7f1200000000), 157'696 * kibibyte);
  EXPECT_EQ(in_recorded(0x7f1209bfffff), 157'696 * kibibyte);
  EXPECT_EQ(in_recorded(0x7f1209c00000), 4'096 * kibibyte) << "the end of one is the start of the next";
  EXPECT_EQ(in_recorded(0x7f120b000010), 2'048 * kibibyte);
  EXPECT_EQ(in_recorded(0x55c0a8e00010), 0);
}

TEST(HugePages, AreNoneForAnUnmappedAddress) {
  EXPECT_EQ(in_recorded(0x1000), 0);
  EXPECT_EQ(in_recorded(0x7f120b400000), 0);
  EXPECT_EQ(bench::huge_page_bytes(nullptr), 0);
}

TEST(HugePages, OfSamplesAreAtMostTheirSize) {
  if (are_large()) GTEST_SKIP() << "a huge page takes " << huge_page << " bytes here";
  parzen::Samples samples(4 * static_cast<Eigen::Index>(huge_page / sizeof(double)), 1);
  samples.setConstant(1);
  EXPECT_LE(bench::huge_page_bytes(samples.data()).value(), samples.memory().size());
}

/// Whether the mapping at the address has that flag in /proc/self/smaps.
bool has_flag(const void* address, const std::string& flag) {
  std::ifstream smaps("/proc/self/smaps");
  const auto place = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    std::uintptr_t first = 0;
    std::uintptr_t end = 0;
    char hyphen = 0;
    std::istringstream range(line);
    if (range >> std::hex >> first >> hyphen >> end && hyphen == '-') inside = first <= place && place < end;
    if (inside && line.starts_with("VmFlags:")) return (line + ' ').find(' ' + flag + ' ') != std::string::npos;
  }
  return false;
}

TEST(HugePages, AreRequestedByLargeSamplesInEveryProcess) {
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) GTEST_SKIP() << "this kernel has none";
  const auto doubles = static_cast<Eigen::Index>(huge_page / sizeof(double));
  const parzen::Samples large(doubles, 1);
  EXPECT_TRUE(has_flag(large.data(), "hg"));
  const auto attached = processes::SharedMemory::attach(large.memory().file(), large.memory().size(),
                                                        processes::SharedMemory::Others::read);
  EXPECT_TRUE(has_flag(parzen::Samples(attached, doubles, 1).data(), "hg"));
  const parzen::Samples small(doubles - 1024, 1);
  EXPECT_FALSE(has_flag(small.data(), "hg"));
}

/// Whether the system puts this many bytes of shared memory into huge pages on request.
bool shared_memory_can_have_them(std::size_t size) {
  constexpr int collapse = 25;  // MADV_COLLAPSE
  const processes::SharedMemory memory(size);
  std::memset(memory.data(), 1, size);
  return ::madvise(memory.data(), size / huge_page * huge_page, collapse) == 0;
}

TEST(HugePages, ContainGeneratedSamplesIfTheSystemHasThem) {
  if (are_large()) GTEST_SKIP() << "a huge page takes " << huge_page << " bytes here";
  if (!shared_memory_can_have_them(huge_page)) GTEST_SKIP() << "this system has none for shared memory";
  // Each dimension starts within a page. Two parts have a page between them.
  const auto n = static_cast<std::int64_t>(5 * huge_page / sizeof(double) / 2 + 1000);
  constexpr std::int64_t d = 3;
  parzen::Samples samples(n, d);
  parzen::draw_counter(1, {n / 2, n}, samples);
  parzen::draw_counter(1, {0, n / 2}, samples);
  // The content of the first half must survive the second.
  EXPECT_EQ(samples, parzen::counter_samples(1, n, d));
  const parzen::Samples legacy = parzen::legacy_samples(1, n, 1);
  for (const parzen::Samples* drawn : std::array{&std::as_const(samples), &legacy}) {
    const std::size_t size = drawn->memory().size();
    const std::size_t found = bench::huge_page_bytes(drawn->data()).value();
    const std::size_t all = size / huge_page * huge_page;
    // One free huge page does not mean enough of them: free memory may be fragmented.
    if (found < all && !shared_memory_can_have_them(size)) {
      GTEST_SKIP() << found << " of " << all << " bytes; other memory of this size gets no more of them now";
    }
    EXPECT_EQ(found, all);
  }
}

TEST(HugePages, OfSharedMemoryAreASettingOfTheState) {
  std::map<std::string, std::string> state;
  for (const auto& [name, value] : bench::describe_state()) state[name] = value;
  EXPECT_THAT(state["transparent_huge_pages"], AnyOf("always", "madvise", "never", "unknown"));
  EXPECT_THAT(state["transparent_huge_pages_shared"],
              AnyOf("always", "within_size", "advise", "never", "deny", "force", "unknown"));
}

TEST(HugePages, ThatAreInUseAreReported) {
  if (are_large()) GTEST_SKIP() << "a huge page takes " << huge_page << " bytes here";
  // Between two unusable mappings, since the kernel merges similar neighbours.
  const std::size_t size = 4 * huge_page;
  void* const around = ::mmap(nullptr, size + 2 * huge_page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(around, MAP_FAILED);
  std::byte* const memory = static_cast<std::byte*>(around) + huge_page;
  ASSERT_EQ(::mprotect(memory, size, PROT_READ | PROT_WRITE), 0);
  EXPECT_EQ(bench::huge_page_bytes(memory), 0) << "it was not touched";
  if (::madvise(memory, size, MADV_HUGEPAGE) == 0) {
    std::memset(memory, 1, size);
    EXPECT_EQ(bench::huge_page_bytes(memory).value() % huge_page, 0);
    EXPECT_LE(bench::huge_page_bytes(memory).value(), size);
  }
  ::munmap(around, size + 2 * huge_page);
}

}  // namespace
