// A task that reads a block of a file past the page cache: what it waits for is the block layer. Whether the
// device below it has to look is not known: it has a cache too, and a virtual one is answered by its host.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include "cases/verify.hpp"
#include "families/io_bound/io_bound.hpp"
#include "text/shown.hpp"

namespace bench::io_bound {

namespace files {

namespace {

constexpr std::size_t smallest_page = std::size_t{4} << 10U;  // of any system
constexpr std::size_t largest_page = std::size_t{64} << 10U;  // and no device wants its buffers aligned to more

/// In word i of the file stands i + 1, so that no block is like another, nor like one that was never written.
struct alignas(largest_page) Block {
  static constexpr std::size_t words = (std::size_t{256} << 10U) / sizeof(std::uint64_t);

  std::array<std::uint64_t, words> word;
};

void fill(Block& block, std::int64_t number) {
  std::uint64_t next = static_cast<std::uint64_t>(number) * Block::words;
  for (std::uint64_t& word : block.word) word = ++next;
}

off_t offset(std::int64_t number) { return number * static_cast<off_t>(sizeof(Block)); }

void drop(const processes::Descriptor& file, std::int64_t number) {
  const int error = ::posix_fadvise(file.get(), offset(number), sizeof(Block), POSIX_FADV_DONTNEED);
  if (error != 0) throw std::system_error(error, std::generic_category(), "posix_fadvise");
}

parzen::Count right_bytes(const processes::Descriptor& file, std::int64_t number) {
  // Of each thread: to have it mapped and unmapped in every task would hold up the other threads, not other processes.
  thread_local const auto block = std::make_unique_for_overwrite<Block>();
  const ssize_t bytes = ::pread(file.get(), block->word.data(), sizeof(Block), offset(number));
  if (bytes < 0) processes::throw_system_error("pread");
  std::uint64_t next = static_cast<std::uint64_t>(number) * Block::words;
  const auto read = std::span(block->word).first(static_cast<std::size_t>(bytes) / sizeof next);
  return std::ranges::count_if(read, [&next](std::uint64_t word) { return word == ++next; }) *
         static_cast<parzen::Count>(sizeof next);
}

parzen::Count read_past_cache(const parzen::Problem& problem, std::int64_t task) {
  return right_bytes(reopen(problem.query[0], problem.query[1], O_RDONLY | O_DIRECT), task);
}

parzen::Count drop_and_read(const parzen::Problem& problem, std::int64_t task) {
  const processes::Descriptor file = reopen(problem.query[0], problem.query[1], O_RDONLY);
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_RANDOM);  // nothing is read ahead, which would be another task's block
  drop(file, task);
  return right_bytes(file, task);
}

processes::Descriptor open_unnamed(const std::filesystem::path& folder) {
  processes::Descriptor unnamed(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (unnamed) return unnamed;
  // Not every file system has such files; what else is wrong is found once more.
  std::string path = folder / "parzen_bench.XXXXXX";
  processes::Descriptor file(::mkostemp(path.data(), O_CLOEXEC));
  if (!file) processes::throw_system_error("mkostemp");
  // At once: however the program ends, the system gives the file's blocks back when its descriptor is closed.
  if (::unlink(path.c_str()) < 0) processes::throw_system_error("unlink");
  return file;
}

void require_device(const processes::Descriptor& file) {
  struct statfs system{};
  if (::fstatfs(file.get(), &system) < 0) processes::throw_system_error("fstatfs");
  if (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC) {
    throw std::runtime_error("its files are in memory");
  }
}

/// Whether any page of block 0 is in the page cache.
bool is_cached(const processes::Descriptor& file) {
  void* const mapped = ::mmap(nullptr, sizeof(Block), PROT_READ, MAP_SHARED, file.get(), 0);
  if (mapped == MAP_FAILED) processes::throw_system_error("mmap");
  std::array<unsigned char, sizeof(Block) / smallest_page> pages{};
  const int told = ::mincore(mapped, sizeof(Block), pages.data());
  ::munmap(mapped, sizeof(Block));
  if (told < 0) processes::throw_system_error("mincore");
  return std::ranges::any_of(pages, [](unsigned char flags) { return (flags & 1U) != 0; });
}

/// What the only task of the question gives.
parzen::Counts once(const parzen::Kernel& kernel, const Question& question) {
  parzen::Counts counts(1);
  kernel.count(question.problem, {0, 1}, question.widths, counts);
  return counts;
}

void require_right(const Question& question, const parzen::Counts& counts) {
  if (const auto wrong = failed_tasks(question.expected, counts)) throw std::runtime_error(*wrong);
}

}  // namespace

}  // namespace files

const parzen::Kernel& way_past_cache(const std::filesystem::path& folder, const parzen::Kernel& direct,
                                     const parzen::Kernel& dropped) {
  const Question question = file_question(folder, 1);
  const auto& file = *std::static_pointer_cast<processes::Descriptor>(question.kept);
  files::drop(file, 0);
  if (files::is_cached(file)) throw std::runtime_error("its files stay in the page cache");
  const parzen::Counts counts = files::once(direct, question);
  const bool refused = counts.front() == -EINVAL || counts.front() == -EOPNOTSUPP;
  if (!refused) files::require_right(question, counts);
  if (!refused && !files::is_cached(file)) return direct;
  files::require_right(question, files::once(dropped, question));
  return dropped;
}

const parzen::Kernel read_direct{"file_direct", "reads a block, by O_DIRECT", do_tasks<files::read_past_cache>};
const parzen::Kernel read_dropped{"file_dropped", "drops a block from the page cache, and reads it",
                                  do_tasks<files::drop_and_read>};

Question file_question(const std::filesystem::path& folder, std::int64_t blocks) {
  const auto file = std::make_shared<processes::Descriptor>(files::open_unnamed(folder));
  files::require_device(*file);
  const auto block = std::make_unique_for_overwrite<files::Block>();
  for (std::int64_t number = 0; number < blocks; ++number) {
    files::fill(*block, number);
    processes::write_all(*file, {reinterpret_cast<const char*>(block->word.data()), sizeof(files::Block)});
  }
  if (::fdatasync(file->get()) < 0) processes::throw_system_error("fdatasync");  // what is not written is not dropped
  Question question =
      ask_all({static_cast<double>(::getpid()), static_cast<double>(file->get())}, sizeof(files::Block), blocks);
  question.kept = file;
  return question;
}

CaseSettings file(const std::vector<std::filesystem::path>& folders) {
  std::vector<std::string> reasons;
  for (const std::filesystem::path& folder : folders) {
    try {
      return operation(way_past_cache(folder), [folder] { return file_question(folder); });
    } catch (const std::runtime_error& error) {
      reasons.push_back(fmt::format("{}: {}", text::shown_name(folder.string()), error.what()));
    }
  }
  throw std::runtime_error(fmt::format("{}; name a folder on a disk by TMPDIR", fmt::join(reasons, "; ")));
}

}  // namespace bench::io_bound
