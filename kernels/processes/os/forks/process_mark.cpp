#include "processes/os/forks/process_mark.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "host/huge_pages.hpp"
#include "processes/os/descriptor.hpp"

namespace processes {

ProcessMark::ProcessMark() {
  const std::size_t size = host::page_size();
  void* page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) throw_system_error("mmap");
  // A user-mode emulator (qemu-user) ignores all advice and accepts even values that do not exist.
  constexpr int no_advice = -1;
  const bool accepts_any = ::madvise(page, size, no_advice) == 0;
  if (accepts_any || ::madvise(page, size, MADV_WIPEONFORK) < 0) pid_ = ::getpid();
  page_ = new (page) std::atomic<char>(1);
}

ProcessMark::~ProcessMark() { ::munmap(page_, host::page_size()); }

bool ProcessMark::is_own_pid() const { return pid_ == ::getpid(); }

}  // namespace processes
