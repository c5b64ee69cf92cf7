// Shared memory.
#include "processes/shared_memory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <system_error>

#include "host/huge_pages.hpp"
#include "leaves_nothing.hpp"
#include "processes/os/memory/window.hpp"
#include "processes/process.hpp"

namespace {

using processes::Descriptor;
using processes::Process;
using processes::SharedMemory;
using processes::Window;

using SharedMemoryTest = LeavesNothing;

/// The exit code of a child process that runs the body.
int in_child(const Process::Body& body) {
  Process child(body);
  child.start();
  const auto status = child.join();
  return status.kind == processes::ExitStatus::Kind::exited ? status.value : -status.value;
}

/// A field of /proc/self/status, in KiB.
long status_kib(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stol(line.substr(name.size() + 1));
  }
  throw std::runtime_error("no " + name + " in /proc/self/status");
}

TEST_F(SharedMemoryTest, IsZeroedAndOfTheSizeThatWasAskedFor) {
  const std::size_t page = host::page_size();
  for (const std::size_t size : {1UL, page - 1, page, page + 1, 1UL << 20U}) {
    const SharedMemory memory(size);
    EXPECT_EQ(memory.size(), size);
    EXPECT_TRUE(std::ranges::all_of(memory.bytes(), [](std::byte byte) { return byte == std::byte{0}; }));
    memory.bytes().back() = std::byte{1};
  }
  EXPECT_THROW(SharedMemory(0), std::invalid_argument);
}

TEST_F(SharedMemoryTest, IsAlignedForHugePagesIfLargeEnoughAndWastesNoAddressSpace) {
  const std::size_t page = host::page_size();
  const std::size_t huge_page = host::huge_page_size();
  constexpr long kib = 1024;
  for (const std::size_t size : {huge_page, huge_page + 1, 3 * huge_page - page}) {
    const long before = status_kib("VmSize");
    const SharedMemory memory(size);
    EXPECT_EQ(status_kib("VmSize") - before, static_cast<long>((size + page - 1) / page * page) / kib);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.data()) % huge_page, 0U);
    const SharedMemory same = SharedMemory::attach(memory.file(), size, SharedMemory::Others::read);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(same.data()) % huge_page, 0U);
    EXPECT_EQ(in_child([&memory] {
                memory.bytes().back() = std::byte{9};
                return 0;
              }),
              0);
    EXPECT_EQ(memory.bytes().back(), std::byte{9});
    EXPECT_EQ(same.bytes().back(), std::byte{9});
  }
}

TEST_F(SharedMemoryTest, OfMoreThanCanBeAddressedIsRejected) {
  const SharedMemory memory(100);
  const std::size_t size = std::numeric_limits<std::size_t>::max() - host::huge_page_size() / 2;
  EXPECT_THROW(SharedMemory::attach(memory.file(), size, SharedMemory::Others::read), std::system_error);
}

TEST_F(SharedMemoryTest, DefaultConstructedIsEmpty) {
  const SharedMemory none;
  EXPECT_EQ(none.size(), 0U);
  EXPECT_EQ(none.data(), nullptr);
  EXPECT_TRUE(none.bytes().empty());
  EXPECT_FALSE(none.file());
}

TEST_F(SharedMemoryTest, CopiesAreHandlesToTheSameMemory) {
  SharedMemory copy;
  {
    const SharedMemory memory(100);
    copy = memory;
    EXPECT_EQ(copy.data(), memory.data());
    memory.bytes().front() = std::byte{7};
  }
  EXPECT_EQ(copy.bytes().front(), std::byte{7}) << "only the last copy unmaps it";
}

TEST_F(SharedMemoryTest, ItsFileIsOpenAsLongAsACopyHasIt) {
  SharedMemory memory(100);
  SharedMemory copy = memory;
  const int file = memory.file().get();
  memory.close_file();
  EXPECT_FALSE(memory.file());
  EXPECT_EQ(copy.file().get(), file);
  EXPECT_EQ(SharedMemory::attach(copy.file(), 100, SharedMemory::Others::read).size(), 100U);
  copy.close_file();
  EXPECT_EQ(fcntl(file, F_GETFD), -1);
  EXPECT_EQ(memory.bytes().size(), 100U);
}

TEST_F(SharedMemoryTest, IsSeenByProcessesForkedLater) {
  const SharedMemory memory(100);
  EXPECT_EQ(in_child([&memory] {
              memory.bytes()[3] = std::byte{9};
              return 0;
            }),
            0);
  EXPECT_EQ(memory.bytes()[3], std::byte{9});
}

TEST_F(SharedMemoryTest, ItsSizeIsSealed) {
  for (const auto others : {SharedMemory::Others::read, SharedMemory::Others::write}) {
    const SharedMemory memory(8192, others);
    const int file = memory.file().get();
    for (const off_t size : {0, 4096, 16384}) {
      EXPECT_EQ(ftruncate(file, size), -1) << size;
      EXPECT_EQ(errno, EPERM);
    }
    EXPECT_EQ(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE), -1) << "no process can add a seal";
    EXPECT_EQ(errno, EPERM);
    EXPECT_EQ(fcntl(file, F_GETFD), FD_CLOEXEC);
  }
}

TEST_F(SharedMemoryTest, ReadOnlyForOthersCannotBeMappedWritable) {
  const SharedMemory memory(8192, SharedMemory::Others::read);
  EXPECT_EQ(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, memory.file().get(), 0), MAP_FAILED);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(write(memory.file().get(), "x", 1), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_THROW(SharedMemory::attach(memory.file(), 8192, SharedMemory::Others::write), std::system_error);

  const SharedMemory attached = SharedMemory::attach(memory.file(), 8192, SharedMemory::Others::read);
  memory.bytes()[5] = std::byte{1};
  EXPECT_EQ(attached.bytes()[5], std::byte{1}) << "its creator can still write";
  EXPECT_EQ(mprotect(attached.data(), 8192, PROT_READ | PROT_WRITE), -1);
  EXPECT_EQ(in_child([&attached] {
              const rlimit no_core_dump{};
              setrlimit(RLIMIT_CORE, &no_core_dump);
              std::signal(SIGSEGV, SIG_DFL);  // instead of a sanitizer's handler
              attached.bytes()[5] = std::byte{2};
              return 0;
            }),
            -SIGSEGV);
}

TEST_F(SharedMemoryTest, WritableForOthersIsWrittenByBoth) {
  const SharedMemory memory(100, SharedMemory::Others::write);
  const SharedMemory attached = SharedMemory::attach(memory.file(), 100, SharedMemory::Others::write);
  EXPECT_NE(attached.data(), memory.data());
  EXPECT_EQ(attached.size(), 100U);
  EXPECT_FALSE(attached.file());
  attached.bytes()[1] = std::byte{1};
  memory.bytes()[2] = std::byte{2};
  EXPECT_EQ(memory.bytes()[1], std::byte{1});
  EXPECT_EQ(attached.bytes()[2], std::byte{2});
}

TEST_F(SharedMemoryTest, AFailedMappingIsAnError) {
  EXPECT_THROW(SharedMemory(std::size_t{1} << 60U), std::system_error);
  EXPECT_THROW(SharedMemory::attach(Descriptor(), 100, SharedMemory::Others::read), std::system_error);
}

TEST_F(SharedMemoryTest, AForkCopiesNoPageTablesForIt) {
  constexpr std::size_t size = 256U << 20U;
  const std::size_t page_size = host::page_size();
  const long tables_kib = static_cast<long>(size / page_size * 8 / 1024);  // one entry per page
  // How much larger a child's page tables are after this process has touched that much memory.
  const auto growth_of_a_child = [page_size](std::byte* memory) {
    const SharedMemory answer(sizeof(long));
    const auto tables_of_a_child = [&answer] {
      return in_child([&answer] {
        *reinterpret_cast<long*>(answer.data()) = status_kib("VmPTE");
        return 0;
      });
    };
    EXPECT_EQ(tables_of_a_child(), 0);
    const long before = *reinterpret_cast<long*>(answer.data());
    for (std::size_t page = 0; page < size; page += page_size) memory[page] = std::byte{1};
    EXPECT_EQ(tables_of_a_child(), 0);
    return *reinterpret_cast<long*>(answer.data()) - before;
  };
  {
    const SharedMemory shared(size);
    EXPECT_LT(growth_of_a_child(shared.data()), tables_kib / 4);
  }
  void* own = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(own, MAP_FAILED);
  madvise(own, size, MADV_NOHUGEPAGE);
  EXPECT_GE(growth_of_a_child(static_cast<std::byte*>(own)), tables_kib / 4 * 3)
      << "they are copied for private memory";
  munmap(own, size);
}

using WindowTest = LeavesNothing;

TEST_F(WindowTest, FreesTheMemoryOfVeryLargeMessagesOnly) {
  constexpr std::size_t most = 2 * Window::kept;
  const SharedMemory memory(1, SharedMemory::Others::write, most);
  const auto taken = [&memory] {
    struct stat found{};
    EXPECT_EQ(fstat(memory.file().get(), &found), 0);
    return static_cast<std::size_t>(found.st_blocks) * 512;
  };
  Window window(memory.file(), 0, most);
  for (const std::size_t size : {Window::kept, most}) {
    std::ranges::fill(window.bytes(size), 'x');
    EXPECT_GE(taken(), size);
    window.release();
    EXPECT_EQ(taken(), size > Window::kept ? 0 : size);
  }
  EXPECT_EQ(window.bytes(most)[most - 1], 0) << "it is mapped again, and zeroed";
}

}  // namespace
