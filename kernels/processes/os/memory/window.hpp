// A part of shared memory that is mapped only as far as it is used.
#pragma once

#include <cstddef>
#include <span>

#include "processes/os/memory/shared_memory.hpp"

namespace processes {

/// A part of the file of a SharedMemory, made for things of very different sizes, one at a time. It costs a page of
/// address space until something larger comes, and gives back what something very large took. A process needs the file
/// only to make its window: nothing that it does to its descriptors later disturbs it.
class Window {
 public:
  /// Bytes that stay mapped, and keep their memory, for the next thing of that size.
  static constexpr std::size_t kept = std::size_t{64} << 20U;

  /// `most` bytes of the file from a multiple of the page size on, which are in the file. Throws std::system_error.
  Window(const Descriptor& file, std::size_t offset, std::size_t most);
  Window(Window&& other) noexcept;
  Window& operator=(Window&&) = delete;
  ~Window();

  [[nodiscard]] std::size_t most() const { return most_; }

  /// The first bytes, at most `most`; what it returned before may be elsewhere now. Throws std::system_error where
  /// there is no address space.
  [[nodiscard]] std::span<char> bytes(std::size_t size);

  /// Nobody reads any more what is there: where it is more than `kept`, gives back its memory and its address space.
  void release() noexcept;

 private:
  void resize(std::size_t size);

  std::size_t most_;
  std::size_t page_;
  char* address_ = nullptr;
  std::size_t mapped_ = 0;
};

}  // namespace processes
