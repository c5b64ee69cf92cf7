#include "processes/process_mark.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "processes/descriptor.hpp"

namespace processes {

namespace {

std::size_t page_size() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

}  // namespace

ProcessMark::ProcessMark() {
  void* page = ::mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) throw_system_error("mmap");
  if (::madvise(page, page_size(), MADV_WIPEONFORK) < 0) pid_ = ::getpid();
  page_ = new (page) std::atomic<char>(1);
}

ProcessMark::~ProcessMark() { ::munmap(page_, page_size()); }

bool ProcessMark::is_own_pid() const { return pid_ == ::getpid(); }

}  // namespace processes
