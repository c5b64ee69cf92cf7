// Memory that several processes share.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "processes/os/descriptor.hpp"
#include "processes/os/forks/process_mark.hpp"

namespace processes {

/// A shared mapping of an anonymous file (memfd_create(2)), initially zeroed. Its size is sealed: no process can
/// truncate the file, which would raise SIGBUS in the others. A fork does not copy page tables for it (Linux,
/// vma_needs_copy() in mm/memory.c), so even large data in it does not slow a fork down. Pages take memory when they
/// are first touched.
///
/// The memory works without the file, which may be impossible (ulimit -n, ulimit -f, a container's profile). Then only
/// this process and those forked from it can use it, and file() throws the reason.
///
/// Copies of an object share the memory and the file; the last copy unmaps the one and closes the other.
class SharedMemory {
 public:
  enum class Others {
    read,   ///< processes that attach it later can only read; sealed (F_SEAL_FUTURE_WRITE)
    write,  ///< they can also write
  };

  /// Empty: no memory.
  SharedMemory() = default;

  /// Size in bytes, at least 1. Throws std::invalid_argument, std::system_error.
  explicit SharedMemory(std::size_t size, Others others = Others::read) : SharedMemory(size, others, size) {}

  /// Maps the first `size` bytes of a file of `file_size` bytes or more. Window maps the rest.
  SharedMemory(std::size_t size, Others others, std::size_t file_size);

  /// Maps memory of another process by its descriptor. Throws std::system_error.
  static SharedMemory attach(const Descriptor& file, std::size_t size, Others others);

  [[nodiscard]] std::size_t size() const { return mapping_ ? mapping_->size : 0; }
  [[nodiscard]] std::byte* data() const { return mapping_ ? mapping_->address : nullptr; }
  [[nodiscard]] std::span<std::byte> bytes() const { return {data(), size()}; }

  /// What processes that attach the memory later may do.
  [[nodiscard]] Others others() const { return mapping_ ? mapping_->others : Others::read; }

  /// The file's descriptor, to be sent to another process. Empty for attached memory, after close_file(), and without
  /// memory. Throws std::system_error if the file could not be made. Valid until close_file().
  [[nodiscard]] const Descriptor& file() const;

  /// Closes the descriptor, unless copies of this object have it as well: a pool keeps it for its next supervisor. Call
  /// it when all other processes that need it have it; the memory stays.
  void close_file() noexcept { file_.reset(); }

  /// Excludes the memory from this process's core dumps.
  void leave_out_of_core_dumps() const noexcept;
  /// Unmaps it in processes that are forked from this one: they may only attach it.
  void leave_out_of_forks() const noexcept;

  /// Why there is no file: the failed system call and its errno; 0 if there is a file.
  struct NoFile {
    const char* call = "";
    int error = 0;
  };

 private:
  struct Mapping {
    Mapping(std::byte* mapped, std::size_t bytes, Others may, const NoFile& why_no_file);
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping();

    std::byte* address;
    std::size_t size;
    Others others;
    NoFile no_file;
    mutable std::optional<ProcessMark> left_out_of_forks = {};  // of the process that has it
  };

  std::shared_ptr<const Descriptor> file_;
  std::shared_ptr<const Mapping> mapping_;
};

}  // namespace processes
