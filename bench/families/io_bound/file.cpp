// A task that reads a block of a file without the page cache, so it waits for the block layer. Whether the device
// itself is read is unknown: it has a cache too, and the host may answer for a virtual device.
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
#include <memory>
#include <stdexcept>
#include <utility>

#include "cases/verify.hpp"
#include "families/io_bound/io_bound.hpp"
#include "text/shown.hpp"

namespace bench::io_bound {

namespace files {

namespace {

constexpr std::size_t smallest_page = std::size_t{4} << 10U;  // of any system
constexpr std::size_t largest_page = std::size_t{64} << 10U;  // the largest alignment that a device requires

/// Word i of the file is i + 1. So each block is unique, and an unwritten block is wrong.
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

/// One block per thread. Mapping and unmapping it in every task would stall the other threads, but not other processes.
std::unique_ptr<Block>& block_of_this_thread() {
  thread_local std::unique_ptr<Block> block;
  return block;
}

std::int64_t right_bytes(const processes::Descriptor& file, std::int64_t number) {
  std::unique_ptr<Block>& block = block_of_this_thread();
  if (!block) block = std::make_unique_for_overwrite<Block>();
  const ssize_t bytes = ::pread(file.get(), block->word.data(), sizeof(Block), offset(number));
  if (bytes < 0) processes::throw_system_error("pread");
  std::uint64_t next = static_cast<std::uint64_t>(number) * Block::words;
  const auto read = std::span(block->word).first(static_cast<std::size_t>(bytes) / sizeof next);
  return std::ranges::count_if(read, [&next](std::uint64_t word) { return word == ++next; }) *
         static_cast<std::int64_t>(sizeof next);
}

std::int64_t read_past_cache(const Remote& file, std::int64_t task) {
  return right_bytes(reopen(file, O_RDONLY | O_DIRECT), task);
}

std::int64_t drop_and_read(const Remote& remote, std::int64_t task) {
  const processes::Descriptor file = reopen(remote, O_RDONLY);
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_RANDOM);  // no read-ahead, which would cache the block of another task
  drop(file, task);
  return right_bytes(file, task);
}

processes::Descriptor open_unnamed(const std::filesystem::path& folder) {
  processes::Descriptor unnamed(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (unnamed) return unnamed;
  // Some file systems do not support O_TMPFILE. Any other error occurs again below.
  std::string path = folder / "parzen_bench.XXXXXX";
  processes::Descriptor file(::mkostemp(path.data(), O_CLOEXEC));
  if (!file) processes::throw_system_error("mkostemp");
  // Unlink it now: the system frees the blocks when the descriptor is closed, however the program ends.
  if (::unlink(path.c_str()) < 0) processes::throw_system_error("unlink");
  return file;
}

void require_device(const processes::Descriptor& file) {
  struct statfs system{};
  if (::fstatfs(file.get(), &system) < 0) processes::throw_system_error("fstatfs");
  if (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC) {
    throw std::runtime_error("this file system is in memory");
  }
}

/// Whether any page of block 0 is in the page cache.
bool is_cached(const processes::Descriptor& file) {
  void* const mapped = ::mmap(nullptr, sizeof(Block), PROT_READ, MAP_SHARED, file.get(), 0);
  if (mapped == MAP_FAILED) processes::throw_system_error("mmap");
  std::array<unsigned char, sizeof(Block) / smallest_page> pages{};
  const int status = ::mincore(mapped, sizeof(Block), pages.data());
  ::munmap(mapped, sizeof(Block));
  if (status < 0) processes::throw_system_error("mincore");
  return std::ranges::any_of(pages, [](unsigned char flags) { return (flags & 1U) != 0; });
}

void require_right(std::int64_t bytes) {
  if (bytes == sizeof(Block)) return;
  throw std::runtime_error(fmt::format("read {} correct bytes of a block of {}", bytes, sizeof(Block)));
}

/// Whether the file system does not support a way, as opposed to failing.
bool is_rejection(const std::system_error& error) {
  return error.code() == std::errc::invalid_argument || error.code() == std::errc::operation_not_supported;
}

}  // namespace

}  // namespace files

const Way& way_past_cache(const std::filesystem::path& folder, const Way& direct, const Way& dropped) {
  const auto file = make_file(folder, 1);
  const Remote remote{::getpid(), file->get()};
  files::drop(*file, 0);
  if (files::is_cached(*file)) throw std::runtime_error("this file system keeps files in the page cache");
  try {
    files::require_right(direct.read(remote, 0));
    if (!files::is_cached(*file)) return direct;
  } catch (const std::system_error& error) {
    if (!files::is_rejection(error)) throw;
  }
  files::require_right(dropped.read(remote, 0));
  return dropped;
}

const Way read_direct = way<files::read_past_cache>("file_direct");
const Way read_dropped = way<files::drop_and_read>("file_dropped");

std::shared_ptr<const processes::Descriptor> make_file(const std::filesystem::path& folder, std::int64_t blocks) {
  // The block buffer is freed with the file: memory that stays makes every fork slower.
  const auto close_file = [](const processes::Descriptor* closed) {
    std::default_delete<const processes::Descriptor>()(closed);
    files::block_of_this_thread().reset();
  };
  const std::shared_ptr<processes::Descriptor> file(new processes::Descriptor(files::open_unnamed(folder)), close_file);
  files::require_device(*file);
  const auto block = std::make_unique_for_overwrite<files::Block>();
  for (std::int64_t number = 0; number < blocks; ++number) {
    files::fill(*block, number);
    processes::write_all(*file, {reinterpret_cast<const char*>(block->word.data()), sizeof(files::Block)});
  }
  if (::fdatasync(file->get()) < 0) processes::throw_system_error("fdatasync");  // unwritten pages would not be dropped
  return file;
}

LoopCall file_call(const Way& way, const std::shared_ptr<const processes::Descriptor>& file) {
  loops::Loop loop = way.loop({.tasks = tasks});
  loop.kept = file;
  return call_of(std::move(loop), loops::bytes_of(Remote{::getpid(), file->get()}), sizeof(files::Block));
}

CaseSettings file(const std::vector<std::filesystem::path>& folders) {
  std::vector<std::string> reasons;
  for (const std::filesystem::path& folder : folders) {
    try {
      const Way& chosen = way_past_cache(folder);
      return case_of(chosen.name, [chosen, folder] { return file_call(chosen, make_file(folder)); });
    } catch (const std::runtime_error& error) {
      reasons.push_back(fmt::format("{}: {}", text::shown_name(folder.string()), error.what()));
    }
  }
  throw std::runtime_error(fmt::format("{}; set TMPDIR to a folder on a disk", fmt::join(reasons, "; ")));
}

}  // namespace bench::io_bound
