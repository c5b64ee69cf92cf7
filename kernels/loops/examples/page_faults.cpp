// Page faults: every task maps, touches and unmaps a mebibyte. A process's threads share its page tables and their
// lock.
#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>

#include "loops/registry.hpp"

namespace {

std::int64_t touch(std::int64_t task) {
  constexpr std::size_t size = std::size_t{1} << 20U;
  constexpr std::size_t page = 4096;
  void* const mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  auto* const bytes = static_cast<volatile std::byte*>(mapped);
  std::int64_t touched = task;
  for (std::size_t at = 0; at < size; at += page) {
    bytes[at] = std::byte{1};
    touched += std::to_integer<std::int64_t>(bytes[at]);
  }
  ::munmap(mapped, size);
  return touched;
}

const loops::Registration page_faults_registration({
    .name = "page_faults",
    .summary = "every task maps a mebibyte, touches its pages and unmaps it",
    .sizes = {8, 32, 256},
    .make = [](std::int64_t tasks) { return loops::Work{loops::map<touch>({.tasks = tasks})}; },
});

}  // namespace
