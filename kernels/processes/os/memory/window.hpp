// A part of shared memory that is mapped only as far as it is used.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "processes/os/forks/process_mark.hpp"
#include "processes/os/memory/shared_memory.hpp"

namespace processes {

/// A part of a SharedMemory's file for messages of very different sizes, one at a time. It takes a page of address
/// space until a larger message comes, and frees the memory of a very large one. The file's descriptor is needed only
/// by the constructor: a task may close it later.
class Window {
 public:
  /// Up to this size, memory stays mapped for the next message.
  static constexpr std::size_t kept = std::size_t{64} << 20U;

  /// `most` bytes of the file from `offset`, a multiple of the page size; they must exist. Throws std::system_error.
  Window(const Descriptor& file, std::size_t offset, std::size_t most);
  Window(Window&& other) noexcept;
  Window& operator=(Window&&) = delete;
  ~Window();

  [[nodiscard]] std::size_t most() const { return most_; }

  /// The first `size` bytes, at most `most`. May move the mapping, which invalidates earlier results. Throws
  /// std::system_error if there is no address space.
  [[nodiscard]] std::span<char> bytes(std::size_t size);

  /// Call it when the content is no longer needed: above `kept` bytes, frees memory and address space.
  void release() noexcept;

  /// Unmaps it in processes that are forked from this one, now and after the mapping has grown.
  void leave_out_of_forks() noexcept;

 private:
  void resize(std::size_t size);

  std::size_t most_;
  std::size_t page_;
  char* address_ = nullptr;
  std::size_t mapped_ = 0;
  std::optional<ProcessMark> left_out_of_forks_;  // of the process that has it
};

}  // namespace processes
