#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <malloc.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "families/families.hpp"
#include "families/io_bound/io_bound.hpp"
#include "families/io_bound/io_bound_scene.hpp"
#include "family_names.hpp"

namespace {

namespace io_bound = bench::io_bound;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::ThrowsMessage;

constexpr std::int64_t block = 262'144;

/// The file that a descriptor of this process refers to.
std::filesystem::path opened(const processes::Descriptor& file) {
  return std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", file.get()));
}

TEST_F(IoBoundFile, HasNoNameFromTheStart) {
  const auto file = io_bound::make_file(folder_);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  EXPECT_THAT(opened(*file).string(), AllOf(HasSubstr(folder_.string()), HasSubstr("(deleted)")));
  EXPECT_EQ(std::filesystem::file_size(fmt::format("/proc/self/fd/{}", file->get())), io_bound::tasks * block);
}

TEST_F(IoBoundFile, NeverHasANameIfTheFileSystemSupportsThat) {
  if (!processes::Descriptor(open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600))) {
    GTEST_SKIP() << "this file system has no unnamed files";
  }
  EXPECT_THAT(opened(*io_bound::make_file(folder_)).string(), Not(HasSubstr("parzen_bench")));
}

TEST_F(IoBoundFile, IsReadWithoutThePageCacheInBothWays) {
  for (const io_bound::Way* way : {&io_bound::read_direct, &io_bound::read_dropped}) {
    const bench::LoopCall call = io_bound::file_call(*way, io_bound::make_file(folder_));
    EXPECT_EQ(results_of(call), std::vector<std::int64_t>(io_bound::tasks, block)) << way->name;
    EXPECT_EQ(results_of(call), expected_of(call)) << way->name;
  }
}

/// A way that reports a given number of correct bytes.
template <std::int64_t bytes>
std::int64_t find_bytes(const io_bound::Remote& /*file*/, std::int64_t /*task*/) {
  return bytes;
}
template <int error>
std::int64_t fail_with(const io_bound::Remote& /*file*/, std::int64_t /*task*/) {
  throw std::system_error(error, std::generic_category(), "pread");
}
template <std::int64_t bytes>
const io_bound::Way gives = io_bound::way<find_bytes<bytes>>("gives");
template <int error>
const io_bound::Way fails = io_bound::way<fail_with<error>>("fails");

TEST_F(IoBoundFile, IsReadDirectlyAndDroppedFirstOnlyWhereDirectReadsAreRejected) {
  const auto way = [this](const io_bound::Way& direct, const io_bound::Way& dropped) {
    return &io_bound::way_past_cache(folder_, direct, dropped);
  };
  EXPECT_EQ(way(gives<block>, fails<EIO>), &gives<block>);
  EXPECT_EQ(way(fails<EINVAL>, io_bound::read_dropped), &io_bound::read_dropped);
  EXPECT_EQ(way(fails<EOPNOTSUPP>, io_bound::read_dropped), &io_bound::read_dropped);
  EXPECT_THAT([&way] { way(fails<EACCES>, io_bound::read_dropped); },
              ThrowsMessage<std::runtime_error>(HasSubstr("Permission denied")));
  EXPECT_THAT([&way] { way(gives<block / 2>, io_bound::read_dropped); },
              ThrowsMessage<std::runtime_error>(HasSubstr("read 131072 correct bytes of a block of 262144")));
  EXPECT_THAT([&way] { way(fails<EINVAL>, fails<EIO>); },
              ThrowsMessage<std::runtime_error>(HasSubstr("Input/output error")));
  EXPECT_THAT([&way] { way(fails<EINVAL>, gives<0>); },
              ThrowsMessage<std::runtime_error>(HasSubstr("read 0 correct bytes of a block of 262144")));
}

std::int64_t read_through_the_cache(const io_bound::Remote& remote, std::int64_t /*task*/) {
  std::string bytes(block, ' ');
  return pread(remote.descriptor, bytes.data(), bytes.size(), 0);
}

TEST_F(IoBoundFile, IsDroppedFirstWhereDirectReadsCacheIt) {
  const auto cached = io_bound::way<read_through_the_cache>("cached");
  EXPECT_EQ(&io_bound::way_past_cache(folder_, cached, io_bound::read_dropped), &io_bound::read_dropped);
}

TEST_F(IoBoundFile, LeavesNoBlockInTheMemoryOfTheReadingThread) {
  // Memory that stays makes every fork slower.
  const auto in_use = [] {
    const auto info = mallinfo2();
    return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
  };
  std::thread([&] {  // this thread has read nothing before
    const std::int64_t before = in_use();
    io_bound::way_past_cache(folder_);
    EXPECT_LT(in_use() - before, block / 2) << "after the choice of the way";
    results_of(io_bound::file_call(io_bound::read_dropped, io_bound::make_file(folder_)));
    EXPECT_LT(in_use() - before, block / 2) << "after a case";
  })
      .join();
}

TEST_F(IoBoundFile, ThatIsTooShortIsAnErrorAndNeverATime) {
  for (const io_bound::Way* way : {&io_bound::read_direct, &io_bound::read_dropped}) {
    const auto settings =
        io_bound::case_of("short", [&] { return io_bound::file_call(*way, io_bound::make_file(folder_)); });
    const auto shorten = [](bench::LoopCall& call) {
      ASSERT_EQ(ftruncate(parameters_of<io_bound::Remote>(call).descriptor, block / 2), 0);
    };
    EXPECT_THAT(error_of(settings, shorten), HasSubstr("; task 0: found 131072, expected 262144")) << way->name;
  }
}

TEST_F(IoBoundFile, WithWrongContentIsAnErrorAndNeverATime) {
  const auto overwrite = [](bench::LoopCall& call) {
    const std::string other(4096, 'x');
    ASSERT_EQ(pwrite(parameters_of<io_bound::Remote>(call).descriptor, other.data(), other.size(), 8192), 4096);
  };
  EXPECT_THAT(error_of(io_bound::file({folder_}), overwrite), HasSubstr("; task 0: found 258048, expected 262144"));
}

TEST_F(IoBoundFile, IsInTheFirstFolderThatAllowsIt) {
  bench::LoopCall call = io_bound::file({folder_ / "missing", folder_}).call();
  const auto file = fmt::format("/proc/self/fd/{}", parameters_of<io_bound::Remote>(call).descriptor);
  EXPECT_THAT(std::filesystem::read_symlink(file).string(), HasSubstr(folder_.string()));
}

TEST_F(IoBound, SkipsFileCasesIfNoFolderAllowsThem) {
  const auto selection = bench::select_io_bound({folder_ / "missing"});
  const std::size_t files = names_of_operation("file_direct").size();
  EXPECT_THAT(selection.skipped,
              ElementsAre(AllOf(HasSubstr(fmt::format("{} cases of family io_bound are skipped, operation file: {}/"
                                                      "missing: mkostemp: No such file or directory",
                                                      files, folder_.string())),
                                HasSubstr("set TMPDIR"))));
  EXPECT_THAT(only(selection.cases, "operation:file"), IsEmpty());
  EXPECT_THAT(selection.cases, SizeIs(2 * files));
}

TEST_F(IoBound, SkipsFileCasesOnAFileSystemInMemory) {
  struct statfs system{};
  if (statfs("/dev/shm", &system) < 0 || system.f_type != TMPFS_MAGIC) GTEST_SKIP() << "/dev/shm is no tmpfs";
  EXPECT_THAT([] { io_bound::file({"/dev/shm"}); },
              ThrowsMessage<std::runtime_error>(HasSubstr("/dev/shm: this file system is in memory")));
}

}  // namespace
