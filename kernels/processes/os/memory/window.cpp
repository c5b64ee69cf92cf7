#include "processes/os/memory/window.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <system_error>
#include <utility>

#include "host/huge_pages.hpp"

namespace processes {

Window::Window(const Descriptor& file, std::size_t offset, std::size_t most) : most_(most), page_(host::page_size()) {
  void* const address =
      ::mmap(nullptr, page_, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), static_cast<off_t>(offset));
  if (address == MAP_FAILED) throw_system_error("mmap");
  address_ = static_cast<char*>(address);
  mapped_ = page_;
}

Window::Window(Window&& other) noexcept
    : most_(other.most_),
      page_(other.page_),
      address_(other.address_),
      mapped_(std::exchange(other.mapped_, 0)),
      left_out_of_forks_(other.left_out_of_forks_) {}

Window::~Window() {
  // In a forked process, memory of its own may be there by now.
  if (left_out_of_forks_ && !left_out_of_forks_->here()) return;
  if (mapped_ > 0) ::munmap(address_, mapped_);
}

std::span<char> Window::bytes(std::size_t size) {
  if (size > mapped_) {
    const std::size_t least = (size + page_ - 1) & ~(page_ - 1);
    // At least doubled, so that slowly growing messages do not remap each time.
    const std::size_t ample = size > kept ? least : std::min(std::bit_ceil(size), (most_ + page_ - 1) & ~(page_ - 1));
    try {
      resize(std::max(least, ample));
    } catch (const std::system_error&) {
      resize(least);
    }
  }
  return {address_, size};
}

void Window::release() noexcept {
  if (mapped_ <= kept) return;
  ::madvise(address_, mapped_, MADV_REMOVE);
  // Shrinking a mapping takes no memory, so it does not fail.
  if (::mremap(address_, mapped_, page_, 0) != MAP_FAILED) mapped_ = page_;
}

void Window::leave_out_of_forks() noexcept {
  if (::madvise(address_, mapped_, MADV_DONTFORK) == 0) left_out_of_forks_.emplace();
}

/// mremap(2) needs no descriptor, and keeps the advice about forks.
void Window::resize(std::size_t size) {
  void* const address = ::mremap(address_, mapped_, size, MREMAP_MAYMOVE);
  if (address == MAP_FAILED) throw_system_error("mremap");
  address_ = static_cast<char*>(address);
  mapped_ = size;
  // A core dump of a crashed worker does not include its task's data.
  ::madvise(address_, mapped_, MADV_DONTDUMP);
}

}  // namespace processes
