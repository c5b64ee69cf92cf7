// Memory that several processes see at once.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "processes/os/descriptor.hpp"

namespace processes {

/// A shared mapping of an anonymous file (memfd_create(2)), zeroed at first. Its size is sealed: no process can make a
/// page vanish under another one. A fork copies no page tables for it (Linux, vma_needs_copy() in mm/memory.c), so data
/// that lies here costs a fork nothing, however large. Pages take memory when they are first touched.
///
/// Where there can be no such file (ulimit -n, ulimit -f, a container's profile), the memory is there all the same, for
/// this process and those that are forked from it; only file() says what is missing.
///
/// Copies of an object are handles to the same memory; the last one unmaps it.
class SharedMemory {
 public:
  enum class Others {
    read,   ///< processes that attach later can only read; sealed as well (F_SEAL_FUTURE_WRITE)
    write,  ///< they can write too
  };

  /// No memory.
  SharedMemory() = default;

  /// Size in bytes, at least 1. Throws std::invalid_argument, std::system_error.
  explicit SharedMemory(std::size_t size, Others others = Others::read) : SharedMemory(size, others, size) {}

  /// The first `size` bytes of a file of `file_size`, at least as many; of the rest see Window.
  SharedMemory(std::size_t size, Others others, std::size_t file_size);

  /// Maps what another process has made and sent the descriptor of. Throws std::system_error.
  static SharedMemory attach(const Descriptor& file, std::size_t size, Others others);

  [[nodiscard]] std::size_t size() const { return mapping_ ? mapping_->size : 0; }
  [[nodiscard]] std::byte* data() const { return mapping_ ? mapping_->address : nullptr; }
  [[nodiscard]] std::span<std::byte> bytes() const { return {data(), size()}; }

  /// What processes that attach later may do.
  [[nodiscard]] Others others() const { return mapping_ ? mapping_->others : Others::read; }

  /// Of the file, to be sent to another process. Empty for memory that was attached, after close_file(), and for none.
  /// Throws std::system_error if there is no file.
  [[nodiscard]] const Descriptor& file() const;

  /// For who has sent it to all who need it. The memory stays.
  void close_file() const noexcept;

  /// Leaves it out of core dumps of this process.
  void leave_out_of_core_dumps() const noexcept;
  /// Leaves it out of processes that are forked from this one: they may only attach it.
  void leave_out_of_forks() const noexcept;

  /// Why there is none: the system's call that failed, and its errno; 0 if there is one.
  struct NoFile {
    const char* call = "";
    int error = 0;
  };

 private:
  struct Mapping {
    Mapping(Descriptor opened, std::byte* mapped, std::size_t bytes, Others may, const NoFile& why_no_file);
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping();

    mutable Descriptor file;
    std::byte* address;
    std::size_t size;
    Others others;
    NoFile no_file;
  };

  std::shared_ptr<const Mapping> mapping_;
};

}  // namespace processes
